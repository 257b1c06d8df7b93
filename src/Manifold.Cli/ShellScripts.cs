namespace Manifold.Cli;

/// <summary>How each shell asks <see cref="CompleteCommand"/> and shows its answer: one <c>WORD[TAB]DESCRIPTION</c> a line.</summary>
internal static class ShellScripts
{
    // Readline replaces only what follows the last character of COMP_WORDBREAKS, so an answer loses what stands before it.
    public const string Bash = """
        # Completion of manifold for bash.
        _manifold() {
          local line=${COMP_LINE:0:COMP_POINT} words=() found=() word kept='' each
          read -r -a words <<< "$line"
          [[ $line != *[[:space:]] ]] || words+=("")
          word=${words[${#words[@]} - 1]}
          [[ $word != *[:=]* ]] || kept=${word%"${word##*[:=]}"}
          mapfile -t found < <(manifold __complete -- "${words[@]:1}" 2> /dev/null)
          COMPREPLY=()
          for each in "${found[@]}"; do
            each=${each%%$'\t'*}
            COMPREPLY+=("${each#"$kept"}")
          done
        }
        complete -o default -F _manifold manifold
        """;

    // The same file works in a folder of $fpath and sourced.
    public const string Zsh = """
        #compdef manifold
        # Completion of manifold for zsh.
        _manifold() {
          local -a found described
          local each
          found=("${(@f)$(manifold __complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2> /dev/null)}")
          if [[ -z ${found[1]} ]]; then
            compset -P '-*='
            _files
            return
          fi
          for each in "${found[@]}"; do
            described+=("${${each%%$'\t'*}//:/\\:}${${(M)each%%$'\t'*}:+:${each#*$'\t'}}")
          done
          _describe -t values manifold described
        }
        if [[ ${funcstack[1]} == _manifold ]]; then _manifold "$@"; else compdef _manifold manifold; fi
        """;

    public const string Fish = """
        # Completion of manifold for fish.
        function __manifold_knows
            set -l words (commandline --tokenize --cut-at-cursor --current-process)
            set -l current (commandline --current-token --cut-at-cursor)
            set -g __manifold_found (manifold __complete -- $words[2..] "$current" 2> /dev/null)
            test -n "$__manifold_found[1]"
        end
        complete --command manifold --no-files --condition __manifold_knows --arguments '$__manifold_found' --keep-order
        """;
}
