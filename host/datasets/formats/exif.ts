/**
 * The orientation, 1 to 8, in an EXIF block (a TIFF header and its first directory); undefined if there is none that
 * can be read.
 */
export function readOrientation(exif: Uint8Array): number | undefined {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  if (exif.length < 14) return undefined;
  const isLittle = view.getUint16(0) === 0x4949;
  if (!isLittle && view.getUint16(0) !== 0x4d4d) return undefined;
  const start = view.getUint32(4, isLittle);
  if (start + 2 > exif.length) return undefined;
  const count = view.getUint16(start, isLittle);
  for (let i = 0, at = start + 2; i < count && at + 12 <= exif.length; i++, at += 12) {
    if (view.getUint16(at, isLittle) !== 0x0112) continue;
    const value = view.getUint16(at + 8, isLittle);
    return value >= 1 && value <= 8 ? value : undefined;
  }
  return undefined;
}
