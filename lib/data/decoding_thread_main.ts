// Entry of a decoding thread: takes orders from a port until the thread is ended from outside.
import type { ThreadAnswer, ThreadOrder } from "./decoding_threads.ts";
import { decodeHere } from "./picture_decoding.ts";

globalThis.addEventListener("message", (event) => {
  const [port] = (event as MessageEvent).ports;
  port!.addEventListener("message", async ({ data }) => {
    const { id, order } = data as ThreadOrder;
    try {
      const decoding = await decodeHere(order);
      const answer: ThreadAnswer = { id, decoding };
      // The pixels move to the thread that trains; nobody here looks at them again.
      port!.postMessage(
        answer,
        decoding.kind === "pixels" ? [decoding.data.buffer as ArrayBuffer] : [],
      );
    } catch (error) {
      const text = error instanceof Error ? error.stack : String(error);
      port!.postMessage({ id, error: text ?? "" } satisfies ThreadAnswer);
    }
  });
  port!.start();
});
