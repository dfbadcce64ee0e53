/**
 * Frozen policies that come as ONNX files, as a suite names them: `onnx:DIRECTORY[#FILE]`, or, of the hub,
 * `hub:OWNER/NAME[@REVISION]#FILE`.
 *
 * @module
 */
import { Refusal } from "./outcomes.ts";

/** Whether a source names ONNX files. */
export const isOnnx = (source: string): boolean => /^onnx:|^hub:[^#]*#/.test(source);

/** The directory and the file of `onnx:DIRECTORY[#FILE]`; without a file, the policy's default. */
export function onnxDirectory(source: string): { directory: string; file?: string } {
  const [, directory, file] = /^onnx:([^#]+?)\/*(?:#(.+))?$/.exec(source) ?? [];
  if (!directory) {
    throw new Refusal(
      `policy ${source}: no directory; give onnx:DIRECTORY, or with one of its files onnx:DIRECTORY#onnx/model_q4.onnx.`,
    );
  }
  return { directory, ...file && { file } };
}
