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
