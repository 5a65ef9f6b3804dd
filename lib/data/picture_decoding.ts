// From a picture's file to the pixels that are trained on: the work of a decoding thread, or of this one where there is none.
import { decodeImage } from "../format/image_codec.ts";
import { PictureFailure, type PictureSize } from "../format/image_header.ts";
import { type PictureWindow, resizePicture } from "./resize.ts";

/** One picture to decode. */
export interface DecodingOrder {
  /** The file. */
  readonly bytes: Uint8Array;
  /** Sides that its header had when the data were opened. */
  readonly wanted: PictureSize;
  /** The part that is shown. */
  readonly window: PictureWindow;
  /** What that part is scaled to. */
  readonly size: PictureSize;
}

/** What became of an order. */
export type Decoding =
  /** RGB bytes, [height * width * 3]. */
  | { readonly kind: "pixels"; readonly data: Uint8Array }
  | { readonly kind: "corrupt"; readonly reason: string }
  /** The file holds a picture of another size than before. */
  | { readonly kind: "replaced"; readonly found: PictureSize };

/** Decodes somewhere. */
export type Decode = (order: DecodingOrder) => Promise<Decoding>;

/** Decodes in this thread. */
export async function decodeHere(order: DecodingOrder): Promise<Decoding> {
  const { bytes, wanted, window, size } = order;
  try {
    const picture = await decodeImage(bytes);
    const { width, height } = picture;
    if (width !== wanted.width || height !== wanted.height) {
      return { kind: "replaced", found: { width, height } };
    }
    const { data } = await resizePicture(picture, window, size);
    return { kind: "pixels", data };
  } catch (error) {
    if (!(error instanceof PictureFailure)) throw error;
    return { kind: "corrupt", reason: error.reason };
  }
}
