// Every change of the disk passes through here, so that a test can number it, refuse it, or end the process at it.

/** What an operation does. */
export type OperationKind =
  | "open"
  | "write"
  | "sync"
  | "truncate"
  | "make"
  | "rename"
  | "link"
  | "remove";

/** One change of the disk that is about to happen. */
export interface DiskOperation {
  readonly kind: OperationKind;
  readonly path: string;
  /** New name, of "rename" and "link". */
  readonly to?: string;
  /** Writes the first half of what a "write" would write. */
  readonly tear?: () => void;
}

/** Sees every operation. It may throw what a disk would throw, and it may end the process. */
export interface DiskProbe {
  before(operation: DiskOperation): void;
  after(operation: DiskOperation): void;
}

let probe: DiskProbe | null = null;

/** Lets `next` see every operation of this process from now on. */
export function probeDisk(next: DiskProbe | null): void {
  probe = next;
}

/** Does one operation. Without a probe, which only tests set, this is the act alone. */
export async function operate<T>(
  operation: DiskOperation,
  act: () => Promise<T>,
): Promise<T> {
  if (probe === null) return await act();
  probe.before(operation);
  const result = await act();
  probe.after(operation);
  return result;
}

/** Like {@linkcode operate}, where the caller cannot wait. */
export function operateSync<T>(operation: DiskOperation, act: () => T): T {
  if (probe === null) return act();
  probe.before(operation);
  const result = act();
  probe.after(operation);
  return result;
}
