// The page's program: the element, and its state in the address.
import { defineLab, type HqcnnLab } from "./element.tsx";
import { isolate, keepOffline } from "./isolate.ts";

// A file dropped beside the places for it would take the place of the page, and end what runs there.
for (const type of ["dragover", "drop"] as const) {
  addEventListener(type, (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
}

await isolate();
defineLab();

const lab = document.querySelector<HqcnnLab>("hqcnn-lab");
if (lab) {
  const fromAddress = () => {
    lab.state = location.hash.slice(1);
  };
  // Back, forward, and an address that was edited.
  addEventListener("popstate", fromAddress);
  lab.addEventListener("hqcnn-state", (event) => {
    const { state } = (event as CustomEvent<{ state: string }>).detail;
    if (state !== location.hash.slice(1))
      history.pushState(null, "", state === "" ? location.pathname + location.search : `#${state}`);
  });
  fromAddress();
}

// When the page has what it needs at once.
setTimeout(keepOffline, 3000);
