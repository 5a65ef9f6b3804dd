// The list of events against the loop that reports them.
import assert from "node:assert/strict";
import { TRAIN_EVENTS } from "../../lib/train/train_event.ts";

function read(name: string): string {
  return Deno.readTextFileSync(
    new URL(`../../lib/train/${name}.ts`, import.meta.url),
  );
}

Deno.test("TRAIN_EVENTS lists exactly the events that the loop reports", () => {
  const loop = read("train_loop");
  const reported = [...loop.matchAll(/"(\w+)"/g)].map((match) => match[1]);
  for (const event of TRAIN_EVENTS) {
    assert.ok(reported.includes(event), `the loop never reports "${event}"`);
  }
});

Deno.test("the comment of train_event.ts tells every event in order", () => {
  const comment = read("train_event").split("import ")[0]!;
  const places = TRAIN_EVENTS.map((event) =>
    comment.search(new RegExp(`^// +${event}  `, "m"))
  );
  assert.ok(places.every((place) => place >= 0));
  assert.deepEqual(places, [...places].sort((left, right) => left - right));
});
