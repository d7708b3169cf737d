import type { Command } from "commander";
import { HqcnnError, UsageError } from "../check.ts";
import { type Decoded, type DecodeOptions, decodeFile } from "../datasets/formats/decode.ts";
import { convertChannels } from "../datasets/formats/image.ts";
import { encodeNpy } from "../datasets/formats/npy.ts";
import type { DecodedImage } from "../datasets/formats/pixels.ts";
import type { Context } from "./command.ts";
import { addDecodeFlags, type DecodeFlags, decodeOptions } from "./decodeFlags.ts";
import { addExamples, addJson, print, printJson, warn } from "./terminal.ts";

interface Options extends DecodeFlags {
  npy?: string;
  png?: string;
  upright?: boolean;
  json?: boolean;
}

/** hqcnn data decode */
export function defineDecode(parent: Command, { platform }: Context): void {
  const command = parent
    .command("decode")
    .description(
      "Shows what is read from pictures, before they are resized: size, every step taken, what was dropped or guessed. " +
        "Files that are refused are named with the reason; the exit code is then 1.",
    )
    .argument("<files...>", "picture files of any format that is read")
    .option("--npy <folder>", "write NAME.npy: uint8, (height, width) or (height, width, 3), frames first if several")
    .option("--png <folder>", "write NAME.png, NAME-1.png … of the frames")
    .option("--upright", "turn pictures as their orientation tag says, as predict, explain and training do")
    .action(async (files: string[], options: Options) => {
      const chosen: DecodeOptions = { ...decodeOptions(options), orientation: options.upright ? "upright" : "stored" };
      const names = namesOf(files.map((file) => platform.basename(file)));
      for (const folder of [options.npy, options.png]) if (folder !== undefined) await platform.makeFolder(folder);
      const decoded: object[] = [];
      const failed: { file: string; error: string }[] = [];
      for (const [i, file] of files.entries()) {
        let result: Decoded;
        try {
          result = await decodeFile(await platform.readFile(file), file, chosen);
        } catch (error) {
          if (!(error instanceof HqcnnError)) throw error;
          failed.push({ file, error: error.message });
          if (!options.json) print(`${file}: refused\n  ${error.message.replace(`${file}: `, "")}`);
          continue;
        }
        const written: string[] = [];
        const { format, frames, frameCount, steps, notes } = result;
        if (options.npy !== undefined) {
          written.push(platform.join(options.npy, `${names[i]}.npy`));
          await platform.writeFile(written[0], toNpy(frames, file));
        }
        for (const [n, frame] of options.png === undefined ? [] : frames.entries()) {
          const path = platform.join(options.png!, `${names[i]}${n === 0 ? "" : `-${n}`}.png`);
          await platform.writeFile(path, await toPng(frame));
          written.push(path);
        }
        const [{ width, height, channels }] = frames;
        decoded.push({
          file,
          format,
          width,
          height,
          channels,
          frames: frames.length,
          frameCount,
          steps,
          notes,
          written,
        });
        if (options.json) continue;
        const several = frames.length > 1 ? `, ${frames.length} frames` : "";
        print(`${file}: ${width} × ${height}, ${channels === 1 ? "grey" : "colour"}${several}`);
        for (const step of steps) print(`  ${step}`);
        for (const note of notes) print(`  note: ${note}`);
        if (written.length > 0) print(`  wrote ${written.join(", ")}`);
      }
      if (options.json) printJson({ decoded, failed });
      if (failed.length === 0) return;
      if (!options.json) warn([`${failed.length} of ${files.length} files were refused`]);
      process.exitCode = 1;
    });
  addDecodeFlags(command, { all: true });
  addJson(command);
  addExamples(command, "data decode scan.dcm photo.jpg", "data decode stack.tif --frame all --npy pixels/");
}

/** A name for each file's outputs: without its ending, or with it where two would be the same. */
function namesOf(files: string[]): string[] {
  const bare = files.map((name) => name.replace(/(?<=.)\.[^.]*$/, ""));
  const names = bare.map((name, i) => (bare.indexOf(name) === bare.lastIndexOf(name) ? name : files[i]));
  const twin = names.find((name, i) => names.indexOf(name) !== i);
  if (twin !== undefined) throw new UsageError(`two files are named ${twin}: give them one by one, or rename one`);
  return names;
}

function toNpy(frames: DecodedImage[], file: string): Uint8Array {
  const [{ width, height }] = frames;
  if (frames.some((frame) => frame.width !== width || frame.height !== height))
    throw new HqcnnError(`${file}: frames of different sizes fit in no one array; choose one with --frame N`);
  const channels = frames.some((frame) => frame.channels === 3) ? 3 : 1;
  const shape = [...(frames.length > 1 ? [frames.length] : []), height, width, ...(channels === 3 ? [3] : [])];
  return encodeNpy(
    shape,
    frames.map((frame) => convertChannels(frame.pixels, frame.channels, channels)),
  );
}

async function toPng({ width, height, channels, pixels }: DecodedImage): Promise<Uint8Array> {
  const { encode } = await import("fast-png");
  return encode({ width, height, channels, depth: 8, data: pixels });
}
