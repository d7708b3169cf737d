/** What to transfer of tensors that are sent away: a copy of them would take as long as a picture. */
export function buffersOf(tensors: ReadonlyMap<string, { readonly data: Float32Array<ArrayBuffer> }>): ArrayBuffer[] {
  return [...new Set([...tensors.values()].map(({ data }) => data.buffer))];
}
