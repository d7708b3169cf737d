import { useEffect, useState } from "preact/hooks";
import { testImages } from "../protocol/atHand.ts";
import type { ImageAtHand, ModelAtHand, Sessions } from "../protocol/messages.ts";
import { SHIPPED } from "../protocol/state.ts";
import type { UnderstandProps } from "./props.ts";

/**
 * The images that Use, Layers and Circuit are about, also while another view is shown. The shipped model brings test
 * images with it, so that no view is empty; they leave when somebody's own come, or a model of other data.
 */
export function useImages(
  model: ModelAtHand | null,
  sessions: Sessions,
  onError: (error: unknown) => void,
): Pick<UnderstandProps, "images" | "image" | "onImages" | "onImage"> {
  const [images, setImages] = useState<readonly ImageAtHand[]>([]);
  const [image, setImage] = useState<ImageAtHand | null>(null);
  const isExample = ({ example }: ImageAtHand) => example !== undefined;

  useEffect(() => {
    if (!model) return;
    const { name } = model.info.data;
    setImages((now) => now.filter(({ example }) => example === undefined || example === name));
    if (model.folder !== SHIPPED) return;
    testImages(sessions.answering(), model).then((examples) => {
      setImages((now) => (now.length === 0 ? examples.map((each) => ({ ...each, example: name })) : now));
    }, onError);
  }, [model]);

  return {
    images,
    image: image && images.includes(image) ? image : (images[0] ?? null),
    onImages: (update) =>
      setImages((now) => {
        const next = typeof update === "function" ? update(now) : update;
        const added = next.filter((each) => !now.includes(each));
        return added.length > 0 && now.every(isExample) ? added : next;
      }),
    onImage: setImage,
  };
}
