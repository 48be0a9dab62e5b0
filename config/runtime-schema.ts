import { z } from 'zod';
import type { RuleParams } from './checking';
import { credentialReference } from './credential-references';
import { defaultPorts } from './runtime-rules';
import { addRuleIssue, readBy, text, whole } from './rules';
import { baseUrl, baseUrlFault } from './urls';

const byFileOrVariable = credentialReference(['file', 'env']);
const listenHost = text(/^[0-9A-Za-z:.[\]-]{1,253}$/).default('127.0.0.1');

/** `host:port` of the Temporal frontend. */
const address = /^(\[[0-9a-fA-F:]+\]|[0-9A-Za-z.-]+):\d{1,5}$/;

/** ssakv.yaml as written. */
export const runtimeSchema = z.strictObject({
  development: z.boolean().default(false),
  installation: z.strictObject({ id: text(/^[A-Za-z0-9-]{1,36}$/), key: byFileOrVariable }),
  ledger: z.strictObject({
    url: readBy<string>((value) => {
      const fault = ledgerUrlFault(value);
      return fault === undefined ? { value: String(value) } : { issues: [fault] };
    }),
    password: byFileOrVariable.optional(),
    max_connections: whole(1, 1000).default(10),
  }),
  temporal: z.strictObject({
    address: text(address),
    namespace: text(/^[0-9A-Za-z._-]{1,255}$/).default('default'),
    tls: z
      .strictObject({
        ca_file: z.string().min(1).optional(),
        cert_file: z.string().min(1).optional(),
        key_file: z.string().min(1).optional(),
        server_name: text(/^[0-9A-Za-z.-]{1,253}$/).optional(),
      })
      .superRefine((tls, context) => {
        if ((tls.cert_file === undefined) === (tls.key_file === undefined)) return;
        addRuleIssue(context, {
          expected: 'cert_file and key_file together',
          found: 'one without the other',
        });
      })
      .optional(),
    api_key: byFileOrVariable.optional(),
    ui_url: baseUrl().optional(),
  }),
  allow: z
    .strictObject({
      vaults: z.array(allowedVault()).default([]),
      folders: z.array(text(/^(\*|[^\\/\p{Cc}]+(\/[^\\/\p{Cc}]+)*)$/u)).default([]),
      credentials: z
        .array(
          text(
            /^((file|env|certificate|secretServerSecret):[^\p{Cc}]+|managedIdentity(:[0-9a-fA-F-]+)?|workloadIdentity)$/u,
          ),
        )
        .default([]),
    })
    .prefault({}),
  listeners: z
    .strictObject({
      operators: z
        .strictObject({ host: listenHost, port: whole(0, 65_535).default(defaultPorts.operators) })
        .prefault({}),
      metrics: z
        .strictObject({ host: listenHost, port: whole(0, 65_535).default(defaultPorts.metrics) })
        .prefault({}),
      worker_metrics: z
        .strictObject({ host: listenHost, port: whole(0, 65_535).default(defaultPorts.worker_metrics) })
        .prefault({}),
    })
    .prefault({}),
  timings: z
    .strictObject({
      request_timeout_seconds: z.number().positive().max(600).optional(),
      pair_lease_seconds: z.number().positive().max(3600).optional(),
      settle_seconds: z.number().positive().max(7200).optional(),
    })
    .default({}),
  pool_ids: z.array(whole(1, 1_000_000)).default([]),
  log_level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

export type RuntimeFile = z.infer<typeof runtimeSchema>;

function allowedVault(): z.ZodType<string> {
  return readBy((value) => {
    const fault = baseUrlFault(value, ['https:']);
    return fault === undefined ? { value: new URL(String(value)).origin } : { issues: [fault] };
  });
}

function ledgerUrlFault(value: unknown): RuleParams | undefined {
  if (typeof value !== 'string' || !/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) return {};
  const url = new URL(value);
  if (url.password !== '' || url.searchParams.has('password')) {
    return {
      code: 'LiteralSecretRefused',
      found: 'a URL with a password',
      expected: '`password` by reference',
    };
  }
  return url.hostname === '' || url.pathname.length < 2 ? {} : undefined;
}
