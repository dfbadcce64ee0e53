/**
 * What the server refuses, as clients of the OpenAI API expect it.
 *
 * @module
 */

/** An answer that is an error: a status and one sentence. */
export class ApiRefusal extends Error {
  /** Name shown in stack traces. */
  override readonly name = "ApiRefusal";

  /**
   * @param status of HTTP
   * @param message one sentence
   * @param code a word for programs
   * @param param the parameter that is to blame
   */
  constructor(readonly status: number, message: string, readonly code: string, readonly param: string | null = null) {
    super(message);
  }
}

const TYPES: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  429: "rate_limit_error",
};

/** The error as JSON, in the form that clients read. */
export function errorBody({ status, message, code, param }: ApiRefusal): object {
  const type = TYPES[status] ?? (status >= 500 ? "server_error" : "invalid_request_error");
  return { error: { message, type, param, code } };
}

/** The error as a response; 429 and 503 say when to come again. */
export function errorResponse(refusal: ApiRefusal): Response {
  const { status } = refusal, response = Response.json(errorBody(refusal), { status });
  if (status === 401) response.headers.set("www-authenticate", "Bearer");
  if (status === 429 || status === 503) response.headers.set("retry-after", "1");
  return response;
}

/** What went wrong as a refusal: a request that can't be answered is the client's fault, all else is ours. */
export function refusalOf(error: unknown): ApiRefusal {
  if (error instanceof ApiRefusal) return error;
  const message = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
  if (error instanceof RangeError) return new ApiRefusal(400, message, "invalid_request");
  return new ApiRefusal(500, message, "internal_error");
}
