/** An answer that is not success: thrown by the operations, turned into a response by the server. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: Readonly<Record<string, unknown>>,
  ) {
    super(`refused with ${status}`);
  }
}

/** JSON as ASP.NET sends it. */
export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' },
  });
}

/** A domain error: HTTP 400 with a code and a message. */
export function domainError(errorCode: string, message: string, status = 400): Refusal {
  return new Refusal(status, { errorCode, message });
}

/** An argument that does not bind to the operation's model. */
export function invalidRequest(argument: string, problem: string): Refusal {
  return new Refusal(400, { message: 'The request is invalid.', modelState: { [argument]: [problem] } });
}

/** No such route: the generic message of ASP.NET Web API. */
export function routeNotFound(url: URL): Response {
  return json(
    { message: `No HTTP resource was found that matches the request URI '${url.origin}${url.pathname}'.` },
    404,
  );
}

/** A route that exists for other methods. */
export function methodNotAllowed(method: string, allowed: readonly string[]): Response {
  const response = json({ message: `The requested resource does not support http method '${method}'.` }, 405);
  response.headers.set('allow', allowed.join(', '));
  return response;
}

/** A fault of the server itself, in ASP.NET's form. */
export function serverError(): Response {
  return json(
    {
      message: 'An error has occurred.',
      exceptionMessage: 'Unhandled exception.',
      exceptionType: 'System.Exception',
      stackTrace: '',
    },
    500,
  );
}
