import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fileOfBlob, fileOfBytes, openNpz } from "../../../../host/datasets/sources/npz.ts";
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

test.run();
