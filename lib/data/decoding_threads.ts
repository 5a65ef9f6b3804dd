// Decodes pictures in threads of their own, so that the one that trains never stops for a picture.
import type { Decoding, DecodingOrder } from "./picture_decoding.ts";

/** An order on its way to a thread. */
export interface ThreadOrder {
  readonly id: number;
  readonly order: DecodingOrder;
}

/** A thread's answer; `error` names a defect. */
export type ThreadAnswer =
  | { readonly id: number; readonly decoding: Decoding }
  | { readonly id: number; readonly error: string };

interface Waiting {
  readonly resolve: (decoding: Decoding) => void;
  readonly reject: (error: unknown) => void;
}

/** Threads that start with the first picture: data that are in memory already need none. Dispose it to end them. */
export class DecodingThreads implements Disposable {
  readonly #count: number;
  readonly #threads: DecodingThread[] = [];

  /** At most `count` threads, and no more than the machine has cores. */
  constructor(count: number) {
    this.#count = Math.max(1, Math.min(count, navigator.hardwareConcurrency));
  }

  /** Decodes in the thread that has the least to do. */
  readonly decode = (order: DecodingOrder): Promise<Decoding> => {
    const idle = this.#threads.find((thread) => thread.waiting === 0);
    if (idle !== undefined) return idle.decode(order);
    if (this.#threads.length < this.#count) {
      this.#threads.push(new DecodingThread());
      return this.#threads.at(-1)!.decode(order);
    }
    const [first, ...others] = this.#threads;
    return others.reduce(
      (least, thread) => thread.waiting < least.waiting ? thread : least,
      first!,
    ).decode(order);
  };

  [Symbol.dispose](): void {
    for (const thread of this.#threads) thread.end();
    this.#threads.length = 0;
  }
}

class DecodingThread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #failure: Error | null = null;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#worker = new Worker(
      new URL("./decoding_thread_main.ts", import.meta.url).href,
      { type: "module", name: "decoding" },
    );
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#fail(new Error(`A decoding thread ended: ${event.message}`));
    });
    port1.addEventListener(
      "message",
      ({ data }: MessageEvent<ThreadAnswer>) => this.#take(data),
    );
    port1.start();
    this.#worker.postMessage(null, [port2]);
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  decode(order: DecodingOrder): Promise<Decoding> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const id = this.#next++;
    const message: ThreadOrder = { id, order };
    this.#port.postMessage(message);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
  }

  end(): void {
    this.#port.close();
    this.#worker.terminate();
    this.#fail(new Error("The decoding thread was ended"));
  }

  #take(answer: ThreadAnswer): void {
    const asked = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ("decoding" in answer) asked?.resolve(answer.decoding);
    else asked?.reject(new Error(answer.error));
  }

  #fail(error: Error): void {
    this.#failure = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
