import { z } from 'zod';
import { services } from '../frame/stand-in';

const service = z.enum(services);
const when = z.enum(['before', 'after']).default('before');
const MAX_WAIT_MS = 3_600_000;
const waitMs = z.int().min(0).max(MAX_WAIT_MS);

const pattern = z.string().refine(isPattern, 'is not a regular expression');

/** Body of `POST /faults`. */
export const faultSchema = z.strictObject({
  match: z.strictObject({
    service,
    operation: z.string().optional(),
    object: z.string().optional(),
    objectPattern: pattern.optional(),
    method: z.string().toUpperCase().optional(),
    withToken: z.boolean().optional(),
  }),
  nth: z.int().min(1).default(1),
  count: z.union([z.int().min(1), z.literal('unlimited')]).default(1),
  effect: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('answer'),
      when,
      status: z.int().min(200).max(599),
      headers: z.record(z.string(), z.string()).default({}),
      body: z.unknown().optional(),
    }),
    z.strictObject({ kind: z.literal('delay'), when, delayMs: waitMs }),
    z.strictObject({ kind: z.literal('cut'), when }),
    z.strictObject({ kind: z.literal('garbage'), when }),
    z.strictObject({ kind: z.literal('hold'), when }),
  ]),
});

/** Body of `POST /clock`. */
export const clockSchema = z.strictObject({ offsetSeconds: z.number().min(-1e9).max(1e9) });

/** Body of `POST /latency`: milliseconds by service; a service left out keeps what it has. */
export const latencySchema = z.strictObject({
  entra: waitMs.optional(),
  keyVault: waitMs.optional(),
  secretServer: waitMs.optional(),
});

/** Body of `POST /key-vault`. */
export const keyVaultSchema = z.strictObject({ pages: z.enum(['full', 'sparse']) });

/** Query of `GET /log`. */
export const logQuerySchema = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
});

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
