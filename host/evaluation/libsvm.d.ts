/** The part used here of a package without types: see svm.ts. */
declare module "libsvm-js/asm.js";
