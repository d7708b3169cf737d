// Read by as-pect (see test/util/run.ts): which specs, and how a compiled one is started.
export default {
  entries: ["test/assembly/**/*.spec.ts"],
  include: [],
  disclude: [],
  instantiate: (memory, createImports, instantiate, binary) => instantiate(binary, createImports({ env: { memory } })),
};
