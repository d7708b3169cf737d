// Own process: measures memory.
// What is said of a file: what was left out or guessed, and nothing that was asked for.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HqcnnError } from "../../../../host/check.ts";
import { type DecodeOptions, decodeFile } from "../../../../host/datasets/formats/decode.ts";
import { inMemory } from "../../../util/limits.ts";
import { fixture } from "../../../util/paths.ts";
import { refused } from "../../../util/refusal.ts";

const notes = suite("datasets/formats, notes");
const read = (name: string) => new Uint8Array(readFileSync(fixture(`formats/${name}`)));
const notesOf = async (bytes: Uint8Array, options?: DecodeOptions) => (await decodeFile(bytes, "f", options)).notes;
const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

notes("a guess of the range is said, and not where a range or window was asked for", async () => {
  for (const [name, part] of [
    ["center.dcm", "has a center and no width: left out"],
    ["grey.dcm", "No window in the file"],
    ["uint32.tif", "have no natural range"],
    ["float64.tif", "loats"],
    ["float16.tif", "loats"],
  ]) {
    const said = await notesOf(read(name));
    assert.ok(
      said.some((note) => note.includes(part)),
      `${name}: ${said.join(" ")}`,
    );
    for (const options of [{ range: [0, 100] }, { range: "auto" }, { window: [50, 100] }] as DecodeOptions[]) {
      assert.equal(await notesOf(read(name), options), [], name);
    }
  }
});

notes("what stands behind the end of an image is counted; padding is not", async () => {
  const extra = new TextEncoder().encode("<?xml a thumbnail or a second picture?>");
  for (const name of ["rgb.jpg", "rgb8.png"]) {
    const bytes = name.endsWith(".png")
      ? new Uint8Array(readFileSync(fixture("images/rgb8.png")))
      : new Uint8Array(read(name));
    const { frames, notes } = await decodeFile(bytes, "f");
    assert.equal(await notesOf(joined(bytes, new Uint8Array(7))), notes, "zeros are padding");
    const longer = await decodeFile(joined(bytes, extra), "f");
    assert.equal(longer.frames, frames);
    assert.equal(longer.notes, [...notes, `${extra.length} bytes after the end of the image are not read.`]);
    assert.ok(
      (await notesOf(joined(bytes, bytes))).includes(`${bytes.length} bytes after the end of the image are not read.`),
    );
  }
});

notes("a JPEG that ends early is refused, unless nothing but its end marker is missing, which is said", async () => {
  for (const name of ["420.jpg", "grey.jpg", "restart.jpg", "progressive.jpg"]) {
    const bytes = read(name);
    const whole = (await decodeFile(bytes, "f")).frames;
    let decoded = 0;
    for (let length = bytes.length - 200; length < bytes.length; length++) {
      try {
        const { frames, notes } = await decodeFile(bytes.subarray(0, length), "f");
        decoded++;
        assert.equal(frames, whole, `${name} cut to ${length}`);
        assert.ok(notes.includes("No end-of-image marker: the image data before it are whole."));
      } catch (error) {
        assert.instance(error, HqcnnError);
      }
    }
    assert.is(decoded > 0, name !== "progressive.jpg", name);
  }
});

notes("an empty file is called empty", async () => {
  await refused(() => decodeFile(new Uint8Array(), "scan.png"), "scan.png: expected an image", "got an empty file");
});

notes("frames in several fragments: read by where images end, which is said, or refused by name", async () => {
  const bytes = read("loose.dcm");
  assert.ok((await notesOf(bytes)).some((note) => note.includes("6 fragments became 2 frames by where images end")));
  const ends = Buffer.from([0xff, 0xd9]);
  const at = Buffer.from(bytes).lastIndexOf(ends);
  bytes[at + 1] = 0xd8;
  await refused(() => decodeFile(bytes, "f.dcm"), "f.dcm", "which of 6 fragments belong to which of 2 frames");
});

notes("what is left out of a file, or filled in, is said", async () => {
  for (const [name, part] of [
    ["animated.webp", "Animated WebP of 2 frames: only the first is read"],
    ["transparent.gif", "The transparent colour is read as opaque"],
    ["placed.gif", "The canvas around the first frame has the colour"],
    ["sparse.tif", "1 of 2 strips or tiles are left out in the file"],
    ["onepage.tif", "The description counts 3 images"],
    ["pyramid.tif", "1 images inside of pages (SubIFDs"],
    ["rgba-jpeg.tif", "1 of 4 channels dropped"],
    ["overlay.dcm", "Overlays (marks and texts beside the pixels) are not drawn"],
    ["noframes.dcm", "NumberOfFrames is 0: read as 1"],
  ]) {
    const said = await notesOf(read(name));
    assert.ok(
      said.some((note) => note.includes(part)),
      `${name}: ${said.join(" ")}`,
    );
  }
});

notes("a file without its 128 bytes before DICM is read, which is said", async () => {
  assert.ok((await notesOf(read("dicm.dcm"))).some((note) => note.includes("128 bytes before DICM are missing")));
});

notes("JPEG 2000 whose samples are indices of a palette is refused: they would pass for grey", async () => {
  const bytes = Buffer.from(read("rgb.jp2"));
  bytes.write("pclr", bytes.indexOf("colr"));
  await refused(() => decodeFile(new Uint8Array(bytes), "f.jp2"), "f.jp2", "with a palette");
});

notes("JPEG 2000 that declares more samples than its bytes can hold is refused before memory is taken", async () => {
  const bytes = read("deep.j2k");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const at of [8, 12, 24, 28]) view.setUint32(at, 6000); // image and tile
  // What was taken and given back would show, too: the largest that the process ever had.
  const before = process.resourceUsage().maxRSS;
  await refused(() => decodeFile(bytes, "f.j2k"), "f.j2k", "expected at least 562500 bytes of image data, got 1041");
  inMemory("refusing 6000 × 6000 pixels", 1024 * (process.resourceUsage().maxRSS - before), 60e6);
});

notes.run();
