import { z } from 'zod';
import { SsakvError } from '../../domain/errors/ssakv-error';

/** What the product needs of the line that the stand-ins print when they are ready. */
const lineSchema = z.object({
  secretServer: z.object({
    url: z.url(),
    httpUrl: z.url(),
    username: z.string(),
    password: z.string(),
    folderId: z.int().optional(),
  }),
  keyVault: z.object({ url: z.url() }),
  entra: z.object({
    authority: z.url(),
    tenantId: z.string(),
    clientId: z.string(),
    clientSecret: z.string(),
    certificatePath: z.string(),
  }),
  caFile: z.string(),
  control: z.object({ url: z.url() }),
});

export interface StandInsLine {
  readonly standIns: z.infer<typeof lineSchema>;
  /** The number of a governed folder, where the demo was seeded. */
  readonly folderId: number | undefined;
  /** The line as others may read it: with every stand-in there is, without what concerns this process only. */
  readonly published: object;
}

/** Reads the ready line of the stand-ins, which share no code with the product. Throws SsakvError PartFailedToStart. */
export function readStandIns(line: string | undefined): StandInsLine {
  const raw = parseJson(line);
  const parsed = lineSchema.safeParse(raw);
  if (!parsed.success) {
    const places = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw new SsakvError('PartFailedToStart', {
      detail: `The ready line of the stand-ins is wrong at: ${places}.`,
    });
  }
  const { folderId } = parsed.data.secretServer;
  return { standIns: parsed.data, folderId, published: publish(raw) };
}

function publish(raw: unknown): object {
  const { secretServer, ...others } = raw as { readonly secretServer: object };
  return { secretServer: without(secretServer, 'folderId'), ...without(others, 'pid') };
}

function without(members: object, name: string): object {
  return Object.fromEntries(Object.entries(members).filter(([key]) => key !== name));
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
