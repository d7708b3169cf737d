import { standalone } from "./palette.ts";

/**
 * What drawing needs: the renderer's module (@resvg/resvg-wasm/index_bg.wasm) and TrueType fonts, DejaVu Sans and
 * DejaVu Sans Mono among them.
 */
export interface PngSource {
  renderer: Uint8Array<ArrayBuffer>;
  fonts: Uint8Array[];
}

/** The library takes its module once a process. */
let ready: Promise<unknown> | undefined;

/** Loads a renderer of the page's pictures as PNG, light on white, at twice their size. */
export async function loadPngRenderer({ renderer, fonts }: PngSource): Promise<(svg: string) => Uint8Array> {
  const { initWasm, Resvg } = await import("@resvg/resvg-wasm");
  ready ??= initWasm(renderer);
  await ready;
  const font = {
    fontBuffers: fonts,
    defaultFontFamily: "DejaVu Sans",
    sansSerifFamily: "DejaVu Sans",
    monospaceFamily: "DejaVu Sans Mono",
  };
  return (svg) => {
    const drawing = new Resvg(standalone(svg), { font, fitTo: { mode: "zoom", value: 2 } });
    try {
      return drawing.render().asPng();
    } finally {
      drawing.free();
    }
  };
}
