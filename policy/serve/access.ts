/**
 * Who may ask, and how much.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { ApiRefusal } from "./refusal.ts";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/;

/** Whether an address is of this machine alone. */
export const isLoopback = (hostname: string): boolean => LOOPBACK.test(hostname);

/**
 * Refuses a request without the key. The comparison takes the same time for every wrong one.
 *
 * @throws {ApiRefusal} 401
 */
export function checkKey(request: Request, key: string): void {
  const given = /^Bearer (.*)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  const digest = (text: string) => createHash("sha256").update(text).digest();
  if (timingSafeEqual(digest(given.trim()), digest(key))) return;
  throw new ApiRefusal(401, "The key is missing or wrong; send it as Authorization: Bearer KEY.", "invalid_api_key");
}

/**
 * Refuses what a page in somebody's browser could have sent to a server that is for this machine alone: a name that
 * merely resolves to it.
 *
 * @throws {ApiRefusal} 403
 */
export function checkHost(request: Request): void {
  const { hostname } = new URL(request.url);
  if (isLoopback(hostname)) return;
  throw new ApiRefusal(403, `This server is for its own machine and does not answer as ${hostname}.`, "wrong_host");
}

/**
 * The JSON of a request.
 *
 * @param most bytes
 * @param timeout milliseconds in which it must arrive
 * @throws {ApiRefusal} 400, 408, 413 or 415
 */
export async function readJson(request: Request, most: number, timeout: number): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "none";
  if (!/^application\/json\b/i.test(type)) {
    throw new ApiRefusal(415, `The content type is ${type}; send application/json.`, "invalid_content_type");
  }
  let late: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<never>((_, reject) => {
    const refusal = new ApiRefusal(408, `The body did not arrive within ${timeout} ms.`, "timeout");
    late = setTimeout(() => reject(refusal), timeout);
  });
  try {
    return JSON.parse(await Promise.race([readText(request, most), expired]));
  } catch (error) {
    if (error instanceof ApiRefusal) throw error;
    const reason = (error as Error).message.replace(/\s+/g, " ");
    throw new ApiRefusal(400, `The body is not JSON (${reason}).`, "invalid_json");
  } finally {
    clearTimeout(late);
  }
}

async function readText(request: Request, most: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "", size = 0;
  for await (const bytes of request.body ?? []) {
    if ((size += bytes.length) > most) {
      throw new ApiRefusal(413, `The body is longer than ${most} bytes; send less.`, "too_large");
    }
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}
