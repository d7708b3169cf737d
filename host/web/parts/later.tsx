import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { HqcnnError } from "../../check.ts";

/** A component whose program is loaded when it is first shown, or with `preload`. */
export interface Later<Props> extends FunctionComponent<Props> {
  preload(): Promise<void>;
}

/** Makes one. While it loads, and where it cannot be loaded, a sentence stands in its place. */
export function later<Props extends { onError: (error: unknown) => void }>(
  load: () => Promise<FunctionComponent<Props>>,
): Later<Props> {
  let Loaded: FunctionComponent<Props> | null = null;
  const preload = async () => {
    Loaded ??= await load().catch((error) => {
      throw new HqcnnError("This view could not be loaded: check the network, then choose the view again.", {
        cause: error,
      });
    });
  };
  function Shown(props: Props) {
    const [, setLoaded] = useState(Loaded !== null);
    useEffect(() => {
      if (!Loaded) preload().then(() => setLoaded(true), props.onError);
    }, []);
    return Loaded ? <Loaded {...props} /> : <p class="status">The view is loading.</p>;
  }
  return Object.assign(Shown, { preload });
}
