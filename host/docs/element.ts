import { attributeOf, FIELDS } from "../training/fields.ts";
import { markdownRow } from "../training/reference.ts";

/** The reference of `<hqcnn-lab>` as a Markdown page. */
export function elementReference(): string {
  const rows = FIELDS.map(({ key, standard, description, choices }) => [
    `\`${attributeOf(key)}\``,
    standard === undefined ? "" : `\`${JSON.stringify(standard)}\``,
    `${description.replaceAll("<", "&lt;")}${choices ? `; one of ${choices.map((choice) => `\`${choice}\``).join(", ")}` : ""}`,
  ]);
  const table = [["attribute", "default", "what it does"], ["---", "---", "---"], ...rows].map(markdownRow).join("\n");
  return `# The element hqcnn-lab

\`import "hqcnn/lab"\`, or the script \`lab.js\` of the package's \`build/web\`, makes \`<hqcnn-lab>\` known: see [In the browser](../browser.md). Its types
are those of \`HTMLElementTagNameMap\` and of Preact's JSX; \`import "hqcnn/lab/react"\` adds React's.

## Attributes

| attribute | what it does |
| --- | --- |
| \`view\` | one of \`train\`, \`results\`, \`use\` (or \`predict\`), \`layers\`, \`circuit\`, \`compare\`: shows that view, without tabs |
| \`tabs\` | shows the tabs in spite of \`view\`, which is then where they start |
| \`model\` | address of a model.safetensors for the views that use one; fetched at once |

Every option of training is an attribute too, under its name on the command line:

${table}

## Properties

| property | what it is |
| --- | --- |
| \`view\`, \`data\`, \`epochs\`, \`seed\` | as the attributes |
| \`model\` | an address, or the bytes of a model file; null: none |
| \`state\` | view, run and options as the fragment of a link, without "#" |

## Methods

| method | what it does |
| --- | --- |
| \`start()\` | starts a training with the element's options, or continues the paused one; resolves when it has ended or is paused |
| \`pause()\` | pauses the training after the step under way |
| \`predict(image, name?)\` | classifies a Blob with the model at hand, in any view: resolves to \`{ label, className, probs, name, labels? }\`, or rejects with a sentence |

## Events

They bubble and cross shadow roots. Errors of a training are events; errors of \`predict\` reject its promise.

| event | \`detail\` |
| --- | --- |
| \`hqcnn-epoch\` | metrics of the epoch, a line of history.jsonl |
| \`hqcnn-end\` | \`{ folder, accuracy, auc, fingerprint }\` on the test split, accuracy and AUC from 0 to 1 |
| \`hqcnn-prediction\` | \`{ label, className, probs, name, labels? }\` |
| \`hqcnn-error\` | \`{ message }\` |
| \`hqcnn-state\` | \`{ state }\`: the property, after it has changed |

## Style

CSS parts, as in \`hqcnn-lab::part(button)\`: \`tabs\`, \`tab\`, \`panel\`, \`error\`, \`button\`.

Custom properties for colours: \`--paper\`, \`--panel\`, \`--ink\`, \`--muted\`, \`--faint\`, \`--accent\`, \`--on-accent\`, \`--wrong\`.
`;
}
