// Pictures are read to the same pixels in a page as in Node, under the page's own Content-Security-Policy.
import { readFileSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeFile } from "../../host/datasets/formats/decode.ts";
import { findChromium } from "../util/browsers.ts";
import { fixture, repository } from "../util/paths.ts";
import { type StaticServer, serve } from "../util/server.ts";

const executablePath = findChromium();
const formats = suite("pictures in a page");
const test = executablePath === undefined ? formats.skip : formats;

let server: StaticServer;
let browser: Browser;
let page: Page;

formats.before(async () => {
  if (executablePath === undefined) return;
  const [policy] = /<meta http-equiv="Content-Security-Policy"[^>]*>/.exec(
    readFileSync(repository("host/web/index.html"), "utf8"),
  )!;
  server = await serve("build/web", {
    pages: {
      "/pictures.html": `<!doctype html>${policy}<title>pictures</title><script src=hqcnn.js type=module></script>`,
    },
  });
  browser = await chromium.launch({ executablePath });
  page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(`${server.url}/pictures.html`);
});
formats.after(async () => {
  await browser?.close();
  await server?.close();
});

// One of each decoder.
const names = [
  ...["grey1i.png", "420.jpg", "progressive.jpg", "cmyk.jpg", "lossless.jpg", "rgb.jls", "lossy.webp", "palette.gif"],
  ...["P.bmp", "rgb.jp2", "tiles16-lzw-predictor.tif", "planar-zstd.tif", "fax4.tif", "jpeg.tif"],
  ...["sigmoid.dcm", "rle16.dcm", "j2k.dcm", "jpegls.dcm", "deflated.dcm"],
];

for (const name of names) {
  test(name, async () => {
    const bytes = new Uint8Array(readFileSync(fixture(`formats/${name}`)));
    const { frames, steps, notes } = await decodeFile(bytes, name);
    // As text: the compiler would rewrite an import of an address.
    const inPage = await page.evaluate(
      `import("/hqcnn.js")
        .then(({ decodeFile }) => decodeFile(new Uint8Array([${bytes}]), ${JSON.stringify(name)}))
        .then(({ frames: [{ pixels, ...size }], steps, notes }) => ({ ...size, pixels: [...pixels], steps, notes }))`,
    );
    const [{ width, height, channels, pixels }] = frames;
    assert.equal(inPage, { width, height, channels, pixels: [...pixels], steps, notes });
  });
}

formats.run();
