import type { DataSet } from "dicom-parser";
import { type Job, joined, Refusal } from "./pixels.ts";

interface Fragment {
  offset: number;
  position: number;
  length: number;
}

/** The compressed stream of one frame: its fragments joined. */
export function fragmentsOf(data: DataSet, frames: number, index: number, job: Job): Uint8Array {
  const { fragments, encapsulatedPixelData } = data.elements.x7fe00010;
  if (!encapsulatedPixelData || !fragments || fragments.length === 0)
    throw new Refusal("expected fragments of compressed data, got none; the file is damaged");
  const bytes = data.byteArray as Uint8Array;
  for (const { position, length } of fragments) {
    if (position + length > bytes.length) throw new Refusal("expected more bytes in a fragment; the file is cut short");
  }
  const chosen = frames > 1 ? ofFrame(data, fragments, frames, index, job) : fragments;
  if (chosen.length === 0) throw new Refusal(`expected compressed data of frame ${index}; the file is damaged`);
  return joined(chosen.map(({ position, length }) => bytes.subarray(position, position + length)));
}

/** By the tables of offsets; without one, by a fragment a frame or by where images end. */
function ofFrame(data: DataSet, fragments: Fragment[], frames: number, index: number, { log }: Job): Fragment[] {
  const { basicOffsetTable: basic = [] } = data.elements.x7fe00010;
  const offsets = basic.length === frames ? basic : extendedOffsets(data, frames);
  if (offsets) {
    const end = offsets[index + 1] ?? Number.POSITIVE_INFINITY;
    return fragments.filter(({ offset }) => offset >= offsets[index] && offset < end);
  }
  if (fragments.length === frames) return [fragments[index]];
  const groups = byEnds(fragments, data.byteArray as Uint8Array);
  if (groups.length !== frames)
    throw new Refusal(
      `expected a table that says which of ${fragments.length} fragments belong to which of ${frames} frames, got none, ` +
        "and the ends of images do not tell; write the file again with one, or a fragment a frame",
    );
  log.note(`No table of offsets: ${fragments.length} fragments became ${frames} frames by where images end.`);
  return groups[index];
}

/** The Extended Offset Table (PS3.3 C.7.6.3.1.8): 64 bits a frame. */
function extendedOffsets(data: DataSet, frames: number): number[] | undefined {
  const element = data.elements.x7fe00001;
  if (element?.length !== frames * 8) return undefined;
  const word = (at: number) => data.uint32("x7fe00001", at) ?? 0;
  return Array.from({ length: frames }, (_, i) => word(2 * i) + word(2 * i + 1) * 2 ** 32);
}

/** JPEG, JPEG-LS and JPEG 2000 end with FF D9, padded to an even length. */
function byEnds(fragments: Fragment[], bytes: Uint8Array): Fragment[][] {
  const groups: Fragment[][] = [];
  let current: Fragment[] = [];
  for (const fragment of fragments) {
    current.push(fragment);
    let end = fragment.position + fragment.length;
    for (let padding = 0; padding < 8 && bytes[end - 1] === 0; padding++) end--;
    if (bytes[end - 1] !== 0xd9 || bytes[end - 2] !== 0xff) continue;
    groups.push(current);
    current = [];
  }
  return current.length === 0 ? groups : [];
}
