import { z } from 'zod';
import { parseAnswer } from '../http/answers';
import { call, require200, type SecretServerConnection } from './client';
import { parseSuccess, secretServerError } from './refusals';

const versionAnswer = z.union([
  z.object({ version: z.string() }).transform(({ version }) => version),
  // A wrapper that the vendor's PowerShell module unwraps on some versions.
  z.object({ model: z.object({ version: z.string() }) }).transform(({ model }) => model.version),
]);

const healthAnswer = z.union([
  z.object({ healthy: z.boolean() }).transform(({ healthy }) => healthy),
  z.object({ Healthy: z.boolean() }).transform(({ Healthy }) => Healthy),
]);

const readOnlyAnswer = z.object({ enabled: z.boolean() });

/** The server's version, e.g. `11.7.61`. Errors: the `SecretServer…` codes. Source: GET v1/version. */
export async function serverVersion(connection: SecretServerConnection): Promise<string> {
  const body = await require200(connection, { operation: 'version', method: 'GET', path: '/api/v1/version' });
  return parseSuccess('version', body, versionAnswer);
}

/**
 * Whether the server calls itself healthy; needs no login.
 *
 * Errors: the `SecretServer…` codes. The answer is JSON in either casing or the text `Healthy`: the vendor's own SDKs
 * accept all of them. Source: GET v1/healthcheck.
 */
export async function checkHealth(connection: SecretServerConnection): Promise<boolean> {
  const response = await connection.send({ operation: 'health', method: 'GET', path: '/api/v1/healthcheck' });
  if (response.status !== 200) throw secretServerError('secretServer.health', response);
  const text = response.body.toString('utf8').trim();
  if (/^"?healthy"?$/i.test(text)) return true;
  const answer = parseAnswer(text, healthAnswer);
  return answer.kind === 'parsed' && answer.value;
}

/** Whether writes are switched off; false where the account may not know. Source: GET v1/configuration/read-only-mode. */
export async function isReadOnly(connection: SecretServerConnection): Promise<boolean> {
  const path = '/api/v1/configuration/read-only-mode';
  const answer = await call(connection, { operation: 'readOnlyMode', method: 'GET', path });
  return answer.kind === 'ok' && parseSuccess('readOnlyMode', answer.body, readOnlyAnswer).enabled;
}
