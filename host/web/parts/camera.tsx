import { useEffect, useRef, useState } from "preact/hooks";
import { HqcnnError } from "../../check.ts";

/** The camera's picture, from a click until it is closed; `onImage` gets what it shows as PNG. */
export function Camera(props: {
  onImage: (image: Blob) => void;
  onClose: () => void;
  onError: (error: unknown) => void;
}) {
  const { onImage, onClose, onError } = props;
  const video = useRef<HTMLVideoElement>(null);
  const [ready, setReady] = useState(false);
  useEffect(() => {
    let stream: MediaStream | undefined;
    let left = false;
    openCamera()
      .then((opened) => {
        stream = opened;
        if (left || !video.current) return stop(opened);
        video.current.srcObject = opened;
        return video.current.play().then(() => setReady(true));
      })
      .catch((error) => {
        if (left) return; // closing it breaks play off
        onError(error);
        onClose();
      });
    return () => {
      left = true;
      if (stream) stop(stream);
    };
  }, []);
  const take = () => {
    const { videoWidth: width, videoHeight: height } = video.current!;
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    canvas.getContext("2d")!.drawImage(video.current!, 0, 0);
    canvas.toBlob((blob) => blob && onImage(blob), "image/png");
  };
  return (
    <div class="panel camera">
      <video ref={video} muted playsInline aria-label="Camera" />
      <div class="row">
        <button type="button" class="main" part="button" disabled={!ready} onClick={take}>
          Take picture
        </button>
        <button type="button" part="button" onClick={onClose}>
          Close camera
        </button>
      </div>
    </div>
  );
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

async function openCamera(): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia)
    throw new HqcnnError(
      "Camera: this browser offers none to pages, or only over https: choose an image file instead.",
    );
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch (error) {
    const { name } = error as Error;
    if (name === "NotAllowedError")
      throw new HqcnnError("Camera: it was not allowed: allow it in the browser's settings, or choose an image file.");
    if (name === "NotFoundError") throw new HqcnnError("Camera: none was found: choose an image file instead.");
    throw new HqcnnError(`Camera: it did not start (${(error as Error).message}): choose an image file instead.`);
  }
}
