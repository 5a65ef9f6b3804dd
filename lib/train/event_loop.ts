// Gives the process's event loop a turn, so that a stop message from the parent is seen between batches.

/** Resolves in a later turn of the event loop: a resolved promise alone would not let messages in. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
