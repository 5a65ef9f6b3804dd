// Versions of the form 2.21.0, as TensorFlow and Python wheels number theirs.

/** Whether `version` comes before `other`; missing parts count as 0, what follows the numbers (rc1, +cpu) is not compared. */
export function isOlder(version: string, other: string): boolean {
  return compareVersions(version, other) < 0;
}

/** Negative, zero or positive, for sorting from old to new. */
export function compareVersions(left: string, right: string): number {
  const a = numbersOf(left);
  const b = numbersOf(right);
  for (let part = 0; part < Math.max(a.length, b.length); part++) {
    const difference = (a[part] ?? 0) - (b[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether it is a release: numbers and dots only. */
export function isRelease(version: string): boolean {
  return /^\d+(\.\d+)*$/.test(version);
}

function numbersOf(version: string): number[] {
  const [numbers] = /^\d+(\.\d+)*/.exec(version) ?? [""];
  return numbers.split(".").map(Number);
}
