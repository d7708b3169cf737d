// Names of the DOM library that the package's types use. Programs for Node that are compiled without that library then
// need no setting; where it is there, these add nothing to it.
declare global {
  interface Blob {
    readonly size: number;
  }
  interface URL {
    href: string;
  }
  interface AbortSignal {
    readonly aborted: boolean;
  }
  namespace WebAssembly {
    interface Module {}
    interface Memory {}
  }
}

export {};
