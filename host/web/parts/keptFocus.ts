import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

/**
 * Keeps the focus in a panel when what had it is removed, as by its own button: it goes to what comes next there, or
 * before, else to the panel.
 */
export function useKeptFocus(panel: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const place = panel.current;
    if (!place) return;
    const root = place.getRootNode() as ShadowRoot;
    let last: Element | null = null;
    const onFocus = ({ target }: FocusEvent) => {
      last = target as Element;
    };
    const observer = new MutationObserver((records) => {
      if (last === null || last.isConnected || root.activeElement !== null) return;
      const lost = last;
      last = null;
      const record = records.find(({ removedNodes }) => [...removedNodes].some((node) => node.contains(lost)));
      if (!record) return;
      for (const near of [record.nextSibling, record.previousSibling]) {
        const button =
          near instanceof Element && near.isConnected && near.querySelector<HTMLElement>("button:not(:disabled)");
        if (button) return button.focus({ preventScroll: true });
      }
      place.tabIndex = -1;
      place.focus({ preventScroll: true });
    });
    place.addEventListener("focusin", onFocus);
    observer.observe(place, { childList: true, subtree: true });
    return () => {
      observer.disconnect();
      place.removeEventListener("focusin", onFocus);
    };
  }, []);
}
