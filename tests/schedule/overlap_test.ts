import assert from "node:assert/strict";
import { decideOverlap, type OverlapTick } from "../../lib/schedule/overlap.ts";

function tick(id: number, change: Partial<OverlapTick> = {}): OverlapTick {
  return { id, dueMs: id * 1000, isCatchUp: false, attempts: 0, ...change };
}

const RUNNING = { running: [tick(1, { attempts: 1 })], waiting: [tick(2)] };
const FREE = { running: [], waiting: [tick(2)] };

Deno.test("decideOverlap() starts a tick where nothing else is under way, whatever the policy", () => {
  for (const policy of ["skip", "queue", "replace", "allow"] as const) {
    assert.deepEqual(decideOverlap(policy, tick(2), FREE), { kind: "start" });
  }
});

Deno.test("decideOverlap() skips, queues, replaces or allows while a run goes on", () => {
  const kinds = (["skip", "queue", "replace", "allow"] as const).map((policy) =>
    decideOverlap(policy, tick(2), RUNNING)
  );
  assert.deepEqual(kinds, [
    {
      kind: "skip",
      reason: "the run of the tick of 1970-01-01T00:00:01Z was still going on",
    },
    { kind: "wait" },
    { kind: "replace", running: [1] },
    { kind: "start" },
  ]);
});

Deno.test("decideOverlap() lets queued ticks go in the order of their due times", () => {
  const waiting = [tick(2), tick(3)];
  assert.deepEqual(
    waiting.map((one) =>
      decideOverlap("queue", one, { running: [], waiting }).kind
    ),
    ["start", "wait"],
  );
});

Deno.test("decideOverlap() drops ticks that a later one replaces", () => {
  const others = { running: [tick(1)], waiting: [tick(2), tick(3)] };
  assert.equal(decideOverlap("replace", tick(2), others).kind, "skip");
  assert.equal(decideOverlap("replace", tick(3), others).kind, "replace");
});

Deno.test("decideOverlap() lets an interrupted tick go on first, and counts it as running", () => {
  const waiting = [tick(1, { attempts: 2 }), tick(2)];
  for (const policy of ["skip", "queue", "replace"] as const) {
    const others = { running: [], waiting };
    assert.equal(decideOverlap(policy, waiting[0]!, others).kind, "start");
    assert.equal(
      decideOverlap(policy, waiting[1]!, others).kind,
      policy === "skip" ? "skip" : "wait",
    );
  }
});

Deno.test("decideOverlap() runs missed ticks one after the other, before those on time", () => {
  const late = [tick(1, { isCatchUp: true }), tick(2, { isCatchUp: true })];
  for (const policy of ["skip", "queue", "replace", "allow"] as const) {
    const others = { running: [], waiting: late };
    assert.deepEqual(
      late.map((one) => decideOverlap(policy, one, others).kind),
      ["start", "wait"],
    );
  }
  const mixed = { running: [], waiting: [late[0]!, tick(5)] };
  assert.equal(decideOverlap("skip", tick(5), mixed).kind, "wait");
});
