// A process that ends at a chosen operation of the disk, played in this one: for tests of what is there afterwards.
import assert from "node:assert/strict";
import { type DiskOperation, probeDisk } from "../../lib/disk/operation.ts";

/** Does `act` in a process that is gone from operation `at` on; whether it got that far. */
export async function endedAt(
  at: number,
  act: () => Promise<unknown>,
): Promise<boolean> {
  let count = 0;
  const before = (_operation: DiskOperation) => {
    if (++count >= at) throw new Error("the process is gone");
  };
  probeDisk({ before, after: () => {} });
  try {
    await act();
    return false;
  } catch (error) {
    assert.match(String(error), /the process is gone/);
    return true;
  } finally {
    probeDisk(null);
  }
}
