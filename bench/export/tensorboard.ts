/**
 * TensorBoard event files (tensorboard, `compat/proto/event.proto` and `summary.proto`): one per cell, in a directory
 * of its own, which TensorBoard shows as a run. Scalars have 32 bits there.
 *
 * @module
 */
import { bytesField, doubleField, floatField, joined, wholeField } from "./protobuf.ts";
import type { HistoryLine } from "./history.ts";
import { tfRecord } from "./tfrecord.ts";

/** Name of an event file: TensorBoard reads what has `tfevents` in its name. The number stands where others put a clock. */
export const eventFile = "events.out.tfevents.0000000000.podium";

/** An event: `wall_time`, `step`, and `file_version` or scalars. */
function event(seconds: number, step: number, content: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return tfRecord(joined([doubleField(1, seconds), wholeField(2, step), content]));
}

/** A scalar: `tag`, `simple_value`, and metadata that name the plug-in which draws it. */
function scalar(tag: string, value: number): Uint8Array<ArrayBuffer> {
  const metadata = bytesField(9, bytesField(1, bytesField(1, "scalars")));
  return bytesField(1, joined([bytesField(1, tag), floatField(2, value), metadata]));
}

/**
 * The event file of a history.
 *
 * The time of an event is the seconds of training recorded until then, or its step where the run had no clock; never
 * the time of the export, so that the same record gives the same bytes. TensorBoard's axes "Relative" and "Step" are
 * right; "Wall" shows January 1970.
 */
export function eventsOf(history: readonly HistoryLine[]): Uint8Array<ArrayBuffer> {
  return joined([
    event(0, 0, bytesField(3, "brain.Event:2")),
    ...history.map(({ step, seconds, numbers }) => {
      const scalars = Object.entries(numbers).map(([tag, value]) => scalar(tag, value));
      return event(seconds ?? step, step, bytesField(5, joined(scalars)));
    }),
  ]);
}
