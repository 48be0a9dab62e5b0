import { randomUUID } from 'node:crypto';

/**
 * A refusal of the token endpoint. Numbers and texts are those that Entra sends, as listed in
 * learn.microsoft.com/entra/identity-platform/reference-error-codes and quoted in public issue threads.
 */
export class EntraError extends Error {
  constructor(
    readonly status: number,
    readonly error: string,
    readonly number: number,
    message: string,
  ) {
    super(message);
  }

  /** The body as Entra shapes it; `origin` is the authority that the client called. */
  toBody(origin: string, now: Date, correlationId: string): unknown {
    const timestamp = now
      .toISOString()
      .replace('T', ' ')
      .replace(/\.\d+Z$/, 'Z');
    const traceId = randomUUID();
    return {
      error: this.error,
      error_description: `AADSTS${this.number}: ${this.message} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
      error_codes: [this.number],
      timestamp,
      trace_id: traceId,
      correlation_id: correlationId,
      error_uri: `${origin}/error?code=${this.number}`,
    };
  }
}

export const tenantNotFound = (tenant: string): EntraError =>
  new EntraError(
    400,
    'invalid_request',
    90002,
    `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
  );

export const parameterMissing = (name: string): EntraError =>
  new EntraError(
    400,
    'invalid_request',
    900144,
    `The request body must contain the following parameter: '${name}'.`,
  );

export const unsupportedGrant = (grant: string): EntraError =>
  new EntraError(
    400,
    'unsupported_grant_type',
    70003,
    `The app requested an unsupported grant type '${grant}'.`,
  );

export const unknownApplication = (clientId: string, tenant: string): EntraError =>
  new EntraError(
    400,
    'unauthorized_client',
    700016,
    `Application with identifier '${clientId}' was not found in the directory '${tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
  );

export const credentialMissing = (): EntraError =>
  invalidClient(
    7000218,
    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
  );

export const invalidSecret = (clientId: string): EntraError =>
  invalidClient(
    7000215,
    `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${clientId}'.`,
  );

export const malformedAssertion = (reason: string): EntraError =>
  invalidClient(50027, `JWT token is invalid or malformed. ${reason}`);

export const wrongAudience = (): EntraError =>
  invalidClient(700023, 'Client assertion audience claim does not match Realm issuer.');

export const wrongSubject = (): EntraError =>
  invalidClient(700021, "Client assertion application identifier doesn't match 'client_id' parameter.");

export const assertionOutOfTime = (now: Date, from: string, until: string): EntraError =>
  invalidClient(
    700024,
    `Client assertion is not within its valid time range. Current time: ${now.toISOString()}, assertion valid from ${from}, expiry time of assertion ${until}.`,
  );

export const invalidSignature = (reason: string, thumbprint: string, clientId: string): EntraError =>
  invalidClient(
    700027,
    `Client assertion contains an invalid signature. [Reason - ${reason}, Thumbprint of key used by client: '${thumbprint}', Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '${clientId}'.]`,
  );

export const invalidScope = (scope: string): EntraError =>
  new EntraError(
    400,
    'invalid_scope',
    1002012,
    `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
  );

function invalidClient(number: number, message: string): EntraError {
  return new EntraError(401, 'invalid_client', number, message);
}
