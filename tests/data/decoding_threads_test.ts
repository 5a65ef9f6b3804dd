// Pictures decoded in threads: the same pixels, the same damage, and a thread that trains on meanwhile.
import assert from "node:assert/strict";
import {
  type MessagePort as NodePort,
  receiveMessageOnPort,
} from "node:worker_threads";
import { decodeHere } from "../../lib/data/picture_decoding.ts";
import { DecodingThreads } from "../../lib/data/decoding_threads.ts";
import { jpegOfHalves } from "../format/jpeg_picture.ts";
import { pictureBytes } from "./picture_folder.ts";

const WHOLE = { left: 0, top: 0, width: 16, height: 16 };
const SIDES = { width: 16, height: 16 };

async function orders() {
  const jpeg = await jpegOfHalves(16, 16, [[200, 10, 30], [4, 90, 60]]);
  const png = pictureBytes(7, 16, 16);
  const shown = { wanted: SIDES, window: WHOLE };
  return [
    { bytes: jpeg, ...shown, size: SIDES },
    { bytes: png, ...shown, size: { width: 8, height: 8 } },
    { bytes: png.subarray(0, 60), ...shown, size: SIDES },
    { bytes: pictureBytes(1, 8, 8), ...shown, size: SIDES },
  ];
}

Deno.test("DecodingThreads answer what this thread would: pixels, damage, another size", async () => {
  for (const count of [1, 3]) {
    using threads = new DecodingThreads(count);
    const all = await orders();
    const many = [...all, ...all, ...all];
    const answers = await Promise.all(many.map(threads.decode));
    const wanted = await Promise.all(many.map(decodeHere));
    assert.deepEqual(answers, wanted);
    assert.deepEqual(
      answers.slice(0, 4).map(({ kind }) => kind),
      ["pixels", "pixels", "corrupt", "replaced"],
    );
  }
});

Deno.test("DecodingThreads decode while this thread is busy", async () => {
  using threads = new DecodingThreads(1);
  const [jpeg] = await orders();
  const wanted = await decodeHere(jpeg!);
  const port = await portOf(async () => void await threads.decode(jpeg!));
  for (let at = 0; at < 40; at++) void threads.decode(jpeg!).catch(() => {});
  const answers: unknown[] = [];
  // Nothing here is awaited, as in a synchronous update: the answers come from the other thread, or never.
  const deadline = performance.now() + 60_000;
  while (answers.length < 40 && performance.now() < deadline) {
    const answer = receiveMessageOnPort(port);
    if (answer !== undefined) answers.push(answer.message.decoding);
  }
  assert.deepEqual(answers, new Array(40).fill(wanted));
});

/** The port by which what `begin` starts hears of its thread. */
async function portOf(begin: () => Promise<void>): Promise<NodePort> {
  const { MessageChannel } = globalThis;
  const ports: MessagePort[] = [];
  globalThis.MessageChannel = class extends MessageChannel {
    constructor() {
      super();
      ports.push(this.port1);
    }
  };
  try {
    await begin();
  } finally {
    globalThis.MessageChannel = MessageChannel;
  }
  // Deno has one class for both, and types for each.
  return ports[0]! as unknown as NodePort;
}

Deno.test("DecodingThreads fail what is pending when they end", async () => {
  const threads = new DecodingThreads(1);
  const [jpeg] = await orders();
  const pending = threads.decode(jpeg!);
  threads[Symbol.dispose]();
  await assert.rejects(pending, /was ended/);
});
