/**
 * An answer as server-sent events.
 *
 * @module
 */
import type { Piece, Reply } from "../text/frozen.ts";
import type { Respond } from "./batches.ts";
import { chunkBody, closingChoice, type Envelope, openingChoice, pieceChoice, usageBody } from "./bodies.ts";
import type { Kind, Wish } from "./parameters.ts";
import { errorBody, refusalOf } from "./refusal.ts";

/**
 * Answers with a stream, once its first piece is there: what fails before is thrown. What fails later ends the stream with
 * an error and without `[DONE]`. A client that goes away ends its responses.
 */
export async function streamed(respond: Respond, kind: Kind, envelope: Envelope, wish: Wish): Promise<Response> {
  let gone = false, begun = () => {};
  const begins = new Promise<void>((resolve) => begun = resolve), encoder = new TextEncoder();
  const spoken = wish.requests.map(() => 0);
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    cancel: () => void (gone = true),
  });
  const send = (data: object | string) => {
    if (gone) return;
    const text = typeof data === "string" ? data : JSON.stringify(data);
    controller.enqueue(encoder.encode(`data: ${text}\n\n`));
  };
  // With usage every chunk has the property, and only the last a value.
  const chunk = (choice: object) => send(chunkBody(kind, envelope, choice, wish.streamUsage ? null : undefined));
  const open = () =>
    wish.requests.map((_, index) => openingChoice(kind, index)).forEach((choice) => choice && chunk(choice));
  let isOpen = false;
  const openOnce = () => {
    if (!isOpen) open();
    isOpen = true;
  };
  const onText = (index: number, piece: Piece): boolean => {
    openOnce();
    chunk(pieceChoice(kind, index, piece, wish.requests[index].logProbs, spoken[index]));
    spoken[index] += piece.text.length;
    begun();
    return !gone;
  };
  const finish = (replies: readonly Reply[]) => {
    openOnce();
    replies.forEach((reply, index) => chunk(closingChoice(kind, index, reply)));
    if (wish.streamUsage) send(chunkBody(kind, envelope, null, usageBody(wish, replies)));
    send("[DONE]");
  };
  const done = respond(wish.requests, onText).then(finish);
  await Promise.race([begins, done]);
  done.catch((error) => send(errorBody(refusalOf(error)))).finally(() => gone || controller.close());
  return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
}
