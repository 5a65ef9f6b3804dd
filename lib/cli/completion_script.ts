// What each shell runs at the Tab key: a function that asks fluxline itself, so that the answer is never older than the program.
import { shellWord } from "../worker/shell_word.ts";

/** Shells that there is a script for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** The name of such a shell. */
export type Shell = typeof SHELLS[number];

/** The script; `ask` is the command that takes the words behind `--`, the last one being typed, and prints per line a word, a tab and a few words about it. */
export function completionScript(shell: Shell, ask: readonly string[]): string {
  const command = ask.map(shellWord).join(" ");
  return SCRIPTS[shell].replace("ASK", () => command);
}

// A line that is typed is ours behind `fluxline`, behind `deno task`, and behind a `cli.ts` that Deno runs.
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `\
# Completion of fluxline for bash. Load it after Deno's own, if you use that.
_fluxline() {
  local line=\${COMP_LINE:0:COMP_POINT} start=1 i found text
  local -a words
  # Not COMP_WORDS: bash cuts words at = and :, which values of ours hold.
  read -a words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  if [[ \${words[0]##*/} == deno ]]; then
    start=0
    [[ \${words[1]} == task ]] && start=2
    if [[ \${words[1]} == run ]]; then
      for ((i = 2; i < \${#words[@]} - 1; i++)); do
        [[ \${words[i]} == cli.ts || \${words[i]} == */cli.ts ]] && start=$((i + 1)) && break
      done
    fi
  fi
  ((start > 0 && start < \${#words[@]})) || return 1
  local current=\${words[\${#words[@]} - 1]}
  local cut=\${current%"\${current##*[=:]}"}
  COMPREPLY=()
  while IFS= read -r found; do
    found=\${found%%$'\\t'*}
    printf -v text %q "\${found#"$cut"}"
    COMPREPLY+=("$text")
  done < <(ASK bash -- "\${words[@]:start}" 2>/dev/null)
  [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *[/=] ]] && compopt -o nospace 2>/dev/null
  return 0
}
_fluxline_deno() {
  _fluxline && return
  declare -F _deno >/dev/null && _deno "$@"
}
complete -F _fluxline fluxline
complete -o bashdefault -o default -F _fluxline_deno deno
`,
  zsh: `\
#compdef fluxline
# Completion of fluxline for zsh. Load it after Deno's own, if you use that.
_fluxline() {
  local start=2 i line
  local -a found plain shown folders
  if [[ \${words[1]:t} == deno ]]; then
    start=0
    [[ $words[2] == task ]] && start=3
    if [[ $words[2] == run ]]; then
      for ((i = 3; i < CURRENT; i++)); do
        [[ $words[i] == cli.ts || $words[i] == */cli.ts ]] && start=$((i + 1)) && break
      done
    fi
  fi
  ((start > 0 && start <= CURRENT)) || return 1
  found=("\${(@f)$(ASK zsh -- "\${(@Q)words[start,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  for line in $found; do
    if [[ \${line%%$'\\t'*} == */ ]]; then
      folders+=("\${line%%$'\\t'*}")
    else
      plain+=("\${line%%$'\\t'*}")
      shown+=("\${line//$'\\t'/  }")
    fi
  done
  (($#folders)) && compadd -S '' -- $folders
  (($#plain)) && compadd -l -d shown -- $plain
  return 0
}
_fluxline_deno() {
  _fluxline && return
  (($+functions[_deno])) && _deno "$@" || _files
}
(($+functions[compdef])) || { autoload -Uz compinit && compinit }
compdef _fluxline fluxline
compdef _fluxline_deno deno
`,
  fish: `\
# Completion of fluxline for fish.
function __fluxline_words
    set -l words (commandline -opc)
    set -l program (string replace -r '.*/' '' -- $words[1])
    if test "$program" != deno
        set -e words[1]
    else if test "$words[2]" = task
        set -e words[1..2]
    else if test "$words[2]" = run
        while count $words >/dev/null; and not string match -qr '(^|/)cli\\.ts$' -- $words[1]
            set -e words[1]
        end
        count $words >/dev/null; or return 1
        set -e words[1]
    else
        return 1
    end
    # One string alone counts as nothing joined.
    string join0 -- $words (commandline -ct)
    return 0
end
function __fluxline_complete
    set -l words (__fluxline_words | string split0)
    ASK fish -- $words 2>/dev/null
end
complete -c fluxline -f -a '(__fluxline_complete)'
# Deno's own, which fish loads at its first use, would take ours away.
complete -C 'deno ' >/dev/null 2>&1
complete -c deno -n '__fluxline_words >/dev/null' -f -a '(__fluxline_complete)'
`,
};
