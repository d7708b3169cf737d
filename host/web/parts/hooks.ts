import { releaseProxy } from "comlink";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ImageAtHand, ModelAtHand, ModelProxy, Seen, SessionProxy } from "../protocol/messages.ts";

/** What the network is made of, and the model in its worker; null until it is loaded. */
export interface LoadedModel {
  remote: ModelProxy;
  about: Awaited<ReturnType<ModelProxy["describe"]>>;
  /** remote.see, once for each image: a card and its explanation ask for the same. */
  see(image: ImageAtHand): Promise<Seen>;
}

/** Loads the model at hand into the session's worker, and frees it when another one comes. */
export function useLoadedModel(session: SessionProxy, model: ModelAtHand, onError: (error: unknown) => void) {
  const [loaded, setLoaded] = useState<LoadedModel | null>(null);
  useEffect(() => {
    let left = false;
    const loading = (async () => {
      const remote = (await session.openModel(model.bytes, model.name)) as unknown as ModelProxy;
      const about = await remote.describe();
      const seen = new WeakMap<ImageAtHand, Promise<Seen>>();
      const see = (image: ImageAtHand) => {
        const known = seen.get(image) ?? remote.see(image);
        seen.set(image, known);
        return known;
      };
      if (!left) setLoaded({ remote, about, see });
      return remote;
    })();
    loading.catch(onError);
    return () => {
      left = true;
      setLoaded(null);
      loading.then(
        async (remote) => {
          await remote.close();
          remote[releaseProxy]();
        },
        () => {},
      );
    };
  }, [session, model]);
  return loaded;
}

/** What `ask` answers to the latest `key`; while an answer is awaited, questions in between are left out. */
export function useAnswer<Key, Answer>(
  key: Key,
  ask: (key: NonNullable<Key>) => Promise<Answer>,
  onError: (error: unknown) => void,
): Answer | null {
  const [answer, setAnswer] = useState<{ key: Key; value: Answer } | null>(null);
  const asking = useRef(false);
  const latest = useRef({ key, ask });
  latest.current = { key, ask };
  useEffect(() => {
    if (key === null || key === undefined) setAnswer(null);
    if (asking.current) return;
    asking.current = true;
    void (async () => {
      let asked: Key | undefined;
      while (latest.current.key !== asked) {
        asked = latest.current.key;
        if (asked === null || asked === undefined) {
          setAnswer(null); // an answer may have come since there was nothing to ask
          break;
        }
        try {
          setAnswer({ key: asked, value: await latest.current.ask(asked) });
        } catch (error) {
          onError(error);
        }
      }
      asking.current = false;
    })();
  }, [key]);
  return answer?.value ?? null;
}

/** The image at hand through the eyes of the loaded model. */
export function useSeen(loaded: LoadedModel | null, image: ImageAtHand | null, onError: (error: unknown) => void) {
  const [seen, setSeen] = useState<Seen | null>(null);
  useEffect(() => {
    setSeen(null);
    if (!loaded || !image) return;
    let current = true;
    loaded.see(image).then((answer) => current && setSeen(answer), onError);
    return () => {
      current = false;
    };
  }, [loaded, image]);
  return seen;
}

/** Rows come in together, at most ten times a second. */
const PAUSE = 100;

/**
 * All images through the eyes of the loaded model, as far as they are known. `onSeen` is told of each once;
 * `onFailed` of those that cannot be read, together.
 */
export function useAllSeen(
  loaded: LoadedModel | null,
  images: readonly ImageAtHand[],
  onSeen: (image: ImageAtHand, seen: Seen) => void,
  onFailed: (failed: readonly { image: ImageAtHand; error: unknown }[]) => void,
): ReadonlyMap<ImageAtHand, Seen> {
  const [seen, setSeen] = useState<ReadonlyMap<ImageAtHand, Seen>>(new Map());
  const asked = useRef(new Set<ImageAtHand>());
  const latest = useRef({ onSeen, onFailed, images });
  latest.current = { onSeen, onFailed, images };
  useEffect(() => {
    asked.current = new Set();
    setSeen(new Map());
  }, [loaded]);
  useEffect(() => {
    if (!loaded) return;
    const fresh = images.filter((image) => !asked.current.has(image));
    const mine = asked.current;
    for (const image of fresh) mine.add(image);
    const answers = new Map<ImageAtHand, Seen>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      clearTimeout(timer);
      timer = undefined;
      if (asked.current !== mine) return; // another model's
      const arrived = [...answers];
      answers.clear();
      setSeen((now) => new Map([...now, ...arrived].filter(([image]) => latest.current.images.includes(image))));
    };
    const failed: { image: ImageAtHand; error: unknown }[] = [];
    const all = fresh.map(async (image) => {
      try {
        const answer = await loaded.see(image);
        if (asked.current !== mine) return;
        answers.set(image, answer);
        latest.current.onSeen(image, answer);
        timer ??= setTimeout(flush, PAUSE);
      } catch (error) {
        failed.push({ image, error });
      }
    });
    void Promise.all(all).then(() => {
      flush();
      if (failed.length > 0 && asked.current === mine) latest.current.onFailed(failed);
    });
  }, [loaded, images]);
  return seen;
}
