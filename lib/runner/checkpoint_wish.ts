// A wish to save now without stopping: by SIGUSR1 to the runner, or by a file that appears in the run's folder.
import { removeEntry } from "../disk/folder_entries.ts";

const LOOK_INTERVAL_MS = 500;

/** Passes wishes for a checkpoint on to the steps that run. */
export class CheckpointWish {
  readonly #listeners = new Set<() => void>();

  /** Calls `listener` at every wish until the answered function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  request(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Turns SIGUSR1 of this process into wishes until it is disposed of. Windows has no such signal. */
export function listenForCheckpointSignal(wish: CheckpointWish): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]: () => {} };
  const listener = () => wish.request();
  Deno.addSignalListener("SIGUSR1", listener);
  return {
    [Symbol.dispose]: () => Deno.removeSignalListener("SIGUSR1", listener),
  };
}

/** Looks for the file at `path`; where it appears it is removed, and that is a wish. */
export function watchCheckpointFile(
  path: string,
  wish: CheckpointWish,
): Disposable {
  const look = async () => {
    try {
      Deno.lstatSync(path);
      await removeEntry(path);
      wish.request();
    } catch {
      // Not there, or not removable: then it is no wish, and never one for every look.
    }
  };
  const timer = setInterval(look, LOOK_INTERVAL_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
