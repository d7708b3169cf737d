// Own process: measures memory.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fileOfBlob, fileOfBytes, openNpz } from "../../../../host/datasets/sources/npz.ts";
import { inMemory, inTime } from "../../../util/limits.ts";
import { npy, npz, zip } from "../../../util/npz.ts";
import { refused } from "../../../util/refusal.ts";

const test = suite("datasets/npz");

/** Noise, so that deflate cannot shrink it to nothing. */
const noise = Uint8Array.from({ length: 300_000 }, (_, i) => Math.imul(i ^ (i >>> 7), 2654435761) >>> 24);
const arrays = {
  big: { descr: "|u1", shape: [300, 1000], data: noise },
  small: { descr: "<f4", shape: [3], data: new Float32Array([1, 2.5, Number.NaN]) },
};

for (const options of [{ level: 0 }, { level: 6 }, { level: 6, zip64: true }]) {
  test(`reads members ${JSON.stringify(options)}`, async () => {
    const bytes = await npz(arrays, options);
    for (const file of [fileOfBytes(bytes), fileOfBlob(new Blob([bytes]))]) {
      const archive = await openNpz(file, "f.npz");
      assert.equal(archive.names, ["big", "small"]);
      assert.equal((await archive.header("big")).shape, [300, 1000]);
      const { header, data } = await archive.read("big");
      assert.is(header.dtype, "uint8");
      assert.is(Buffer.compare(data, noise), 0);
      assert.equal([...new Float32Array((await archive.read("small")).data.buffer)], [1, 2.5, Number.NaN]);
    }
  });
}

test("reads only the member asked for", async () => {
  const bytes = await npz(arrays);
  let read = 0;
  const file = {
    ...fileOfBytes(bytes),
    async read(offset: number, length: number) {
      read += length;
      return bytes.subarray(offset, offset + length);
    },
  };
  const archive = await openNpz(file, "f.npz");
  read = 0;
  await archive.read("small");
  assert.ok(read < 1000, `read ${read} bytes for an array of 12`);
});

test("a refusal by the caller comes before memory is taken", async () => {
  const archive = await openNpz(fileOfBytes(await npz(arrays)), "f.npz");
  const refusal = new Error("no");
  const caught = await archive
    .read("big", () => {
      throw refusal;
    })
    .catch((error) => error);
  assert.is(caught, refusal);
});

test("names what is wrong", async () => {
  const bytes = await npz(arrays, { level: 0 });
  const open = (content: Uint8Array) => openNpz(fileOfBytes(content), "f.npz");
  await refused(() => open(new TextEncoder().encode("hello, I am text")), "f.npz", "npz file (a zip archive)");
  await refused(() => open(new Uint8Array(0)), "f.npz", "npz file");
  await refused(() => open(bytes.slice(0, bytes.length / 2)), "f.npz", "cut short");
  const archive = await open(bytes);
  await refused(() => archive.read("labels"), "f.npz", "labels", "big, small");

  const flipped = bytes.slice();
  flipped[1000] ^= 1;
  await refused(async () => (await open(flipped)).read("big"), "f.npz", "big", "damaged");
  const notNpy = await open(await zip({ "a.npy": new Uint8Array(50), "b.npy": new Uint8Array(5) }));
  await refused(() => notNpy.read("a"), "f.npz: a", "npy array");
  await refused(() => notNpy.read("b"), "f.npz: b", "5 bytes");
});

test("header and archive must agree before memory is taken", async () => {
  const claims = npy({ descr: "|u1", shape: [2 ** 40], data: new Uint8Array(10) });
  await refused(
    async () => (await openNpz(fileOfBytes(await zip({ "a.npy": claims })), "f.npz")).read("a"),
    "a: expected 1099511627904 bytes",
    "got 138",
  );

  // The same lie in the archive's directory: 1 GiB out of 138 stored bytes.
  const lie = await zip(
    { "a.npy": npy({ descr: "|u1", shape: [2 ** 30 - 128], data: new Uint8Array(10) }) },
    { level: 0 },
  );
  const view = new DataView(lie.buffer, lie.byteOffset, lie.byteLength);
  const directory = Buffer.from(lie).indexOf("PK\x01\x02", 0, "latin1");
  view.setUint32(directory + 24, 2 ** 30, true);
  view.setUint32(22, 2 ** 30, true);
  await refused(async () => (await openNpz(fileOfBytes(lie), "f.npz")).read("a"), "f.npz: a");
});

test("members by pieces, and a bare npy", async () => {
  for (const level of [0, 6]) {
    const archive = await openNpz(fileOfBytes(await npz(arrays, { level })), "f.npz");
    const pieces: Uint8Array[] = [];
    for await (const piece of archive.pieces("big", () => 7000)) pieces.push(piece);
    assert.equal([...new Set(pieces.map(({ length }) => length))], [7000, 6000]);
    assert.is(Buffer.compare(Buffer.concat(pieces), noise), 0);
  }
  const bare = await openNpz(fileOfBytes(npy(arrays.big)), "f.npy");
  assert.equal(bare.names, ["images"]);
  assert.is(Buffer.compare((await bare.read("images")).data, noise), 0);
  await refused(
    () => openNpz(fileOfBytes(npy(arrays.big).slice(0, -5)), "f.npy").then((b) => b.header("images")),
    "got",
  );
});

/** Offsets of the entries of the central directory. */
function directoryEntries(bytes: Uint8Array): number[] {
  const buffer = Buffer.from(bytes);
  const found: number[] = [];
  for (let at = 0; ; at++) {
    at = buffer.indexOf("PK\x01\x02", at, "latin1");
    if (at < 0) return found;
    found.push(at);
  }
}

test("two members of one name, and members that share bytes, are refused", async () => {
  const a = npy({ descr: "|u1", shape: [100], data: new Uint8Array(100) });
  const twin = await zip({ "a.npy": a, "b.npy": a }, { level: 0 });
  Buffer.from(twin.buffer, twin.byteOffset).write("a", directoryEntries(twin)[1] + 46, "latin1");
  await refused(() => openNpz(fileOfBytes(twin), "f.npz"), "f.npz: has two members named a.npy");
  const shared = await zip({ "a.npy": a, "b.npy": a }, { level: 0 });
  new DataView(shared.buffer, shared.byteOffset).setUint32(directoryEntries(shared)[1] + 42, 0, true);
  await refused(() => openNpz(fileOfBytes(shared), "f.npz"), "overlaps");
});

test("65,006 members are refused before they are all read", async () => {
  const one = npy({ descr: "|u1", shape: [1], data: new Uint8Array(1) });
  const name = (i: number) => `${String(i).padStart(5, "0")}.npy`;
  // By hand: zip.js takes a minute to write them.
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (let i = 0; i < 65_006; i++) {
    const head = Buffer.alloc(30 + 9);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt32LE(one.length, 18);
    head.writeUInt32LE(one.length, 22);
    head.writeUInt16LE(9, 26);
    head.write(name(i), 30);
    const entry = Buffer.alloc(46 + 9);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt32LE(one.length, 20);
    entry.writeUInt32LE(one.length, 24);
    entry.writeUInt16LE(9, 28);
    entry.writeUInt32LE(offset, 42);
    entry.write(name(i), 46);
    locals.push(head, Buffer.from(one));
    directory.push(entry);
    offset += head.length + one.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(65_006, 8);
  end.writeUInt16LE(65_006, 10);
  end.writeUInt32LE(directory.length * 55, 12);
  end.writeUInt32LE(offset, 16);
  const bytes = new Uint8Array(Buffer.concat([...locals, ...directory, end]));
  const before = process.memoryUsage();
  const start = performance.now();
  await refused(() => openNpz(fileOfBytes(bytes), "f.npz"), "f.npz: expected at most 1000 arrays, got more");
  const grown = process.memoryUsage().heapUsed - before.heapUsed;
  inTime("refusing 65,006 entries", (performance.now() - start) / 1000, 2);
  inMemory("refusing 65,006 entries", grown, 200e6);
});

test("an array that shrinks further than images do is refused before it is inflated", async () => {
  const zeros = npy({ descr: "|u1", shape: [320_000, 16, 16], data: new Uint8Array(320_000 * 256) });
  const archive = await openNpz(fileOfBytes(await zip({ "images.npy": zeros })), "f.npz");
  await refused(() => archive.header("images"), "f.npz: images: claims 81920128 bytes", "no images shrink so far");
});

test("a member compressed by another method is named, not waited for", async () => {
  const bytes = await npz(arrays, { level: 0 });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 12 <= bytes.length; at++) {
    const signature = view.getUint32(at, true);
    if (signature === 0x04034b50) view.setUint16(at + 8, 14, true);
    if (signature === 0x02014b50) view.setUint16(at + 10, 14, true);
  }
  const archive = await openNpz(fileOfBytes(bytes), "f.npz");
  await refused(() => archive.read("small"), "f.npz: small: expected no compression or deflate", "got method 14");
});

test.run();
