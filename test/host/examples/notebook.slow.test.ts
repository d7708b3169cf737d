// The notebook runs in Deno's Jupyter kernel, where HQCNN_JUPYTER_PYTHON names a Python with nbclient.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { repository } from "../../util/paths.ts";
import { execute } from "../../util/process.ts";
import { install, runtimes } from "../../util/runtimes.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const PROGRAM = `import json, sys, nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], 4)
NotebookClient(book, timeout=300, kernel_name="deno", resources={"metadata": {"path": sys.argv[2]}}).execute()
print(json.dumps([cell.outputs for cell in book.cells if cell.cell_type == "code"]))`;

const notebook = suite("examples/notebook");
const python = process.env.HQCNN_JUPYTER_PYTHON;
const test = python ? notebook : notebook.skip;
if (!python)
  console.log("skipped: the notebook trains, plots and explains (HQCNN_JUPYTER_PYTHON: a Python with nbclient)");

test("the notebook trains, plots and explains", async () => {
  const folder = temporaryFolder();
  const env = { ...process.env, HOME: folder };
  const deno = await install(runtimes.find(({ name }) => name === "deno")!);
  const { code: installed, output: said } = await execute(deno, ["jupyter", "--install"], { env });
  assert.is(installed, 0, said);
  const program = join(folder, "run.py");
  writeFileSync(program, PROGRAM);
  const args = [program, repository("host/examples/notebook.ipynb"), repository("")];
  const { code, output, stdout } = await execute(python!, args, { env });
  assert.is(code, 0, output);
  const outputs = JSON.parse(stdout.trim().split("\n").at(-1)!) as unknown[];
  const text = outputs.map((cell) => JSON.stringify(cell));
  const [, trained, plotted, , wires] = text;
  assert.match(trained, "accuracy");
  assert.match(plotted, "<polyline");
  assert.match(wires, "expvals");
});

notebook.run();
