// What TensorFlow's library prints when it is opened, before anything can ask it not to: kept in the log, kept off the terminal.

const GREETINGS: readonly RegExp[] = [
  /^WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR$/,
  /^I\d{4} .* oneDNN custom operations are on\. /,
];

/** Whether a line of a process's standard error is such a greeting. */
export function isNativeGreeting(line: string): boolean {
  return GREETINGS.some((greeting) => greeting.test(line));
}
