/**
 * `podium completions`: a script that completes commands and options in a shell.
 *
 * @module
 */
import { unknown } from "../nearest.ts";
import { Refusal } from "../outcomes.ts";

/** A command and its options, as the program knows them. */
export interface Completable {
  /** Name of the command. */
  name: string;
  /** One line. */
  summary: string;
  /** Long option names, with their dashes. */
  options: string[];
}

const quoted = (text: string) => text.replaceAll("'", "'\\''");

const scripts: Record<string, (commands: readonly Completable[]) => string> = {
  bash: (commands) =>
    `_podium() {
  local current="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")}" -- "$current"))
    return
  fi
  case "$current" in
    -*) ;;
    *) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${
      commands.map(({ name, options }) =>
        `    ${name}) COMPREPLY=($(compgen -W "${options.join(" ")}" -- "$current")) ;;`
      ).join("\n")
    }
  esac
}
complete -F _podium podium`,
  zsh: (commands) =>
    `#compdef podium
_podium() {
  if (( CURRENT == 2 )); then
    local -a commands=(
${commands.map(({ name, summary }) => `      '${name}:${quoted(summary)}'`).join("\n")}
    )
    _describe command commands
    return
  fi
  case "$words[2]" in
${
      commands.map(({ name, options }) =>
        `    ${name}) _arguments ${options.map((o) => `'${o}'`).join(" ")} '*:file:_files' ;;`
      )
        .join("\n")
    }
  esac
}
compdef _podium podium`,
  fish: (commands) =>
    commands.flatMap(({ name, summary, options }) => [
      `complete -c podium -n __fish_use_subcommand -f -a ${name} -d '${quoted(summary)}'`,
      ...options.map((option) => `complete -c podium -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`),
    ]).join("\n"),
};

/** Prints the script for a shell. */
export function completions(shell: string, commands: readonly Completable[]): number {
  if (!Object.hasOwn(scripts, shell)) throw new Refusal(unknown("shell", shell, Object.keys(scripts)));
  console.log(scripts[shell](commands));
  return 0;
}
