// File names of Python wheels (PEP 427): package, version, and the machines that a wheel is for.
import type { Device } from "./engine_choice.ts";
import { compareVersions, isRelease } from "./version.ts";

/** A wheel's name, taken apart. */
export interface WheelName {
  readonly file: string;
  /** Normalised: lower case, dashes. */
  readonly package: string;
  readonly version: string;
  /** Such as `cp311`; several are joined by dots. */
  readonly python: string;
  /** Such as `manylinux_2_27_x86_64`; several are joined by dots. */
  readonly platform: string;
}

/** The package whose wheels carry the library; the one for GPUs also computes on CPUs, but is three times the size. */
export function packageFor(build: Device): string {
  return build === "gpu" ? "tensorflow" : "tensorflow-cpu";
}

/** The build of a wheel by its package; null for other packages. */
export function buildOf(wheel: WheelName): Device | null {
  if (wheel.package === "tensorflow-cpu") return "cpu";
  return wheel.package === "tensorflow" ? "gpu" : null;
}

/** The parts of a file name; null where it is no wheel's. */
export function parseWheelName(file: string): WheelName | null {
  if (!file.endsWith(".whl")) return null;
  const parts = file.slice(0, -".whl".length).split("-");
  // name-version[-build]-python-abi-platform
  if (parts.length !== 5 && parts.length !== 6) return null;
  const [name, version] = parts as [string, string];
  const [python, , platform] = parts.slice(-3) as [string, string, string];
  return {
    file,
    package: name.toLowerCase().replaceAll(/[._]+/g, "-"),
    version,
    python,
    platform,
  };
}

/** Whether the wheel's libraries are for Linux on this processor. The Python that it is for does not matter. */
export function fitsMachine({ platform }: WheelName): boolean {
  return platform.split(".").some((tag) =>
    /^(many)?linux/.test(tag) && tag.endsWith(`_${Deno.build.arch}`)
  );
}

/**
 * The wheel to take: of `version`, or of the newest release; among the wheels of one version the one for the newest Python.
 */
export function bestWheel<T extends { readonly wheel: WheelName }>(
  found: readonly T[],
  wanted: { readonly build: Device; readonly version: string | null },
): T | null {
  const fitting = found.filter(({ wheel }) =>
    wheel.package === packageFor(wanted.build) && fitsMachine(wheel) &&
    (wanted.version === null
      ? isRelease(wheel.version)
      : wheel.version === wanted.version)
  );
  return fitting.sort((left, right) =>
    compareVersions(right.wheel.version, left.wheel.version) ||
    pythonOf(right.wheel) - pythonOf(left.wheel)
  )[0] ?? null;
}

function pythonOf({ python }: WheelName): number {
  const [, major = "0", minor = "0"] = /cp(\d)(\d*)/.exec(python) ?? [];
  return Number(major) * 1000 + Number(minor || "0");
}
