"""The table of all codes of findings: what each means and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from modular_converter.diagnostics.record import Severity


@dataclass(frozen=True)
class Code:
    """A kind of finding. ``summary`` is one phrase, ``help`` explains cause and remedy."""

    name: str
    severity: Severity
    summary: str
    help: str
    # Reported only on request: what it says is often intended.
    is_pedantic: bool = False

    @property
    def can_be_ignored(self) -> bool:
        """Whether findings of this kind may be suppressed: only warnings may."""
        return self.severity == "warning"


def _error(name: str, summary: str, help_text: str) -> Code:
    return Code(name, "error", summary, " ".join(help_text.split()))


def _warning(name: str, summary: str, help_text: str) -> Code:
    return Code(name, "warning", summary, " ".join(help_text.split()))


def _pedantic(name: str, summary: str, help_text: str) -> Code:
    return Code(name, "warning", summary, " ".join(help_text.split()), is_pedantic=True)


CODES = (
    # The files and the command.
    _error("bad-request", "The request file is not understood",
           """The JSON request does not follow its schema. Rules and tool must come from the same
           release."""),
    _error("no-such-file", "There is no such file",
           "The path given on the command line does not exist."),
    _error("no-such-directory", "There is no such directory",
           "The value of an option must be an existing directory."),
    _error("nothing-to-convert", "A directory holds no modular file",
           "Name a directory with files called modular_<model>.py, or the files themselves."),
    _error("not-a-modular-file", "The file is not called modular_<model>.py",
           """The model's name is taken from the file's name, so that it must be
           modular_<model>.py."""),
    _error("unknown-profile", "There is no such profile",
           """A profile names the rules of a release family, such as 5.24, or is a file that
           `conformance --write-profile` has written."""),
    _error("bad-profile", "A profile file is not understood",
           """A profile file names the built-in profile that it changes and the values of switches.
           Let `conformance --write-profile` write it."""),
    _error("unknown-code", "There is no such code, or it cannot be ignored",
           "Only warnings can be ignored; `codes` lists them all."),
    _error("unreadable-source", "A source file cannot be read",
           "The file must exist, be readable and fit its declared encoding (UTF-8 by default)."),
    _error("syntax-error", "A source file is not valid Python",
           """Modular and parent files are parsed, never run. The interpreter that runs the
           converter must know their syntax."""),
    _error("too-deep", "A source file is nested too deeply",
           "Split its deepest expression into several statements."),
    _error("misplaced-ignore", "An ignore comment stands where it has no meaning",
           """`# modular: ignore[code]` belongs at the end of the line that a warning is reported
           for, or alone on a line above the first statement, for the whole file."""),
    _error("stale-file", "A checked-in generated file is not what its modular file generates",
           "Convert the modular file again and check in what it writes."),
    _error("link-leaves-input", "A link leads out of the directory to convert",
           """A named directory stands for its own files, not for what links in it lead to. Copy the
           file, or name the directory that it is in."""),
    _error("unusable-path", "A path cannot be written into a banner",
           """Line ends, other control characters and what is not text cannot stand in the comment
           that names the modular file. Rename the file or directory."""),
    _error("same-output", "Two outputs would be written to one file",
           """Below `--output-dir`, outputs keep their place relative to `--root`; what is not below
           the root has none. Name a root that holds both modular files."""),
    _error("outside-output-dir", "A link leads out of the output directory",
           "Outputs are written nowhere else. Remove the link, or name another directory."),
    _error("unknown-model", "`graph --model` names no model of the graph",
           """Name a model of the given files, or one that they inherit from: by its own name or
           by that of its directory."""),
    # What `explain` is asked.
    _error("bad-target", "The target of `explain` names no line, class or method",
           "Give FILE:LINE, FILE:Class or FILE:Class.method."),
    _error("no-such-line", "A line to explain lies beyond the end of the file",
           "Check the number of the line."),
    _error("no-such-item", "A class or method to explain is not in the generated file",
           "Check the spelling; the message lists names that are close."),
    _error("not-generated", "A file to explain is not generated",
           """Only files that a modular file generates can be explained. Name one of those, or edit
           the file itself."""),
    # Imports and parents.
    _error("global-import", "A name is imported from `transformers` as a whole",
           "Import each name from the module that defines it."),
    _error("star-import", "A `*` import hides which names it brings",
           """The imports of the standalone files are chosen by name. Name what is used."""),
    _error("import-beyond-root", "A relative import goes above the root",
           "Use fewer dots, or name the source root in which the package lies."),
    _error("parent-not-found", "A parent's module is not found",
           """Parents are looked for below the modular file's source root, the search paths and the
           installed transformers. Check the spelling and the number of dots."""),
    _error("parent-not-converted", "A parent's modular file could not be converted",
           "The parent is itself generated. Fix the errors of its modular file first."),
    _error("config-from-modeling", "A configuration class is imported from a modeling file",
           "Import configuration classes from the configuration file."),
    _error("nested-parent", "A parent lies in a nested package of transformers",
           """Only models that lie directly in `transformers.models` can be inherited from (not
           `models/deprecated/x`). Write the class out, or inherit from another model."""),
    _error("aliased-parent", "A parent's name is imported under another name",
           """Parents are found by their own name: under an alias the class would inherit from
           nothing, and a helper would stay undefined. Import it without `as`."""),
    _error("no-such-name", "A parent file has no such name to take over",
           """What is imported from a parent and used must be a class, a function or a plain
           assignment of that file, or a name that it imports itself. Annotated, chained and tuple
           assignments, and definitions inside a block, cannot be taken over."""),
    _error("not-an-import", "An `if` block of imports contains other statements",
           """Only the imports of such a block reach the standalone files. Keep the block to
           imports and put the rest into a block of its own, inside a function or class."""),
    _error("cycle", "Modular files inherit from each other in a cycle",
           "No order of conversion exists. Write the shared classes out in one of them."),
    # Classes.
    _error("no-such-class", "A parent file does not define a parent class",
           """The class is looked for under its renamed spelling in the renamed parent file. Check
           the spelling, or import it from the file that defines it."""),
    _error("several-parents", "A class inherits from several parent models",
           "One class takes over the body of one parent class. Write the rest out."),
    _error("base-not-a-name", "A base of an inherited class is not a name",
           """The bases of the standalone class are put together by name; a call or a subscript has
           none. Assign the value to a name and use that."""),
    _error("dotted-parent", "A parent class is named through its module",
           "Import the class itself from its module and inherit from that name."),
    _error("no-such-attribute", "An attribute to be removed does not exist in the parent class",
           """`name = AttributeError()` removes an attribute of the parent class, so that the
           parent must have it. To remove a method, override it with a `raise`."""),
    _error("no-such-method", "A method to be extended does not exist in the parent class",
           """`super().m(...)` as a statement of `m` stands for the body of the parent's `m`. Write
           the body out, or inherit from a class that defines the method."""),
    _error("duplicate-method", "A class defines a method twice",
           """Two methods of one name are only understood when the one is decorated as the property
           or the setter of the other. Delete or rename one."""),
    _error("invalid-output", "The generated text is not valid Python",
           "Look for overridden members whose text only makes sense in another place."),
    # What would otherwise happen silently.
    _warning("untested-release", "The parents' release of transformers was not tested",
             """The rules of the nearest release that is not newer are used, which may not be those
             of this release. `conformance` compares them with its generated files, and writes a
             profile if other rules fit. A profile that is named ends the warning."""),
    _warning("nothing-produced", "The modular file produces no file",
             """Standalone files come from classes and from the entries of `__all__`; a modular file
             without either produces nothing. Define or inherit at least one class."""),
    _pedantic("stray-import", "A parent file does not define a name that is imported from it",
              """Nothing is lost: the name is not used, another parent supplies it, or renaming
              makes it the same as one that the parent does define. Delete it from the import, or
              fix its spelling."""),
    _pedantic("several-prefixes", "The classes that inherit from a parent ask for several prefixes",
             """A parent file is renamed with one prefix for all of its classes. Where the classes
             of the modular file ask for different ones, the most frequent is used: helpers and
             docstrings taken over may carry an unexpected name. Name the classes with one prefix,
             or write the others out."""),
    _pedantic("prefix-collision", "The prefix asked for already names classes of the parent",
             """With the prefix that the classes ask for, classes of the parent would become
             confused with others of the same file, so the name of the model is used instead. Name
             the classes after the model."""),
    _pedantic("unreached-object", "A definition of the modular file reaches no standalone file",
             """Functions and assignments follow the classes that use them. This one is used by no
             class that is written. Delete it, or use it."""),
    _warning("parent-wins", "A parent's assignment is written and not the modular file's",
             """Where the parent of a class assigns the same name, the parent's value is written,
             unless the name speaks of documentation (`_CHECKPOINT`, `_DOCSTRING`, ...). Give the
             modular file's value another name and use it in the class."""),
    _warning("dropped-statement", "A statement at module level is not carried over",
             """Only imports, functions, classes and assignments to one plain name are carried
             over, and not what is assigned to an attribute of a class. Put the statement into a
             function or class, or write the assignment plainly."""),
    _warning("dropped-member", "A statement in a class body is not carried over",
             """A class that inherits from a parent is put together from docstring, attributes and
             methods; `if` blocks, nested classes, bare calls, tuple assignments and all but the
             first and last of several definitions of a method are left out. Move the statement to
             module level or into a method."""),
    _warning("rename-in-word", "Renaming changes a longer word that contains the parent's name",
             """The parent's name is replaced wherever a word begins with it: renaming `sam` turns
             `same` into `sam2e`. Override the part of the parent that contains the word."""),
    _pedantic("rename-in-url", "Renaming changes a URL or the name of a checkpoint",
             """The parent's name is also replaced inside addresses and repository names, which then
             often point to nothing. Override the docstring, decorator or method that contains
             it."""),
    _pedantic("not-a-deletion", "A method that only raises is written and does not delete",
             """To delete a method of the parent, the override must be an undecorated one-line
             `def`, after exactly one blank line, with the `raise ...Error(...)` on the next line.
             Anything else is written as an override that raises."""),
    _pedantic("redundant-override", "An override is what would be inherited anyway",
             """Without this member the standalone class would be the same. Delete it, so that it
             follows the parent. Plain values and declarations with a leading underscore are left
             alone: it is customary to restate them."""),
    _pedantic("parent-still-named", "Inherited text still speaks of the parent",
             """Only the exact spellings of the parent's name are replaced, and never the text of
             f-strings. This docstring, comment, decorator or f-string spells the name in another
             way. Override it in the modular file."""),
    _warning("lost-super", "A `super()` call does not reach the parent's method",
             """Only a statement that is exactly `super().m(...)`, in a method `m` and not inside a
             block, is replaced by the parent's body, once. Any other such call stays, and in the
             standalone class it skips the parent's method, because its class is gone. Write the
             parent's body out."""),
    _warning("undefined-name", "A generated file uses a name that it does not define",
             """The name is looked for among the definitions and imports of the file, the enclosing
             functions and the builtins. Inherited code that takes the place of `super().m(...)`
             uses the parent's parameters and variables: the override must have those that it uses.
             Any other name must be defined or imported in the modular file."""),
    _warning("used-before-definition", "A definition needs another that comes below it",
             """Bases, decorators, defaults, annotations and statements in a class body are
             evaluated when the module is imported. Define what they use above them in the modular
             file."""),
    _warning("missing-import", "A generated file imports what the module does not define",
             """The module is another file of the model, or one of the library around it. Inherited
             code refers to a class by the name that renaming gives it, such as the configuration of
             the parent under the new name. Define that class in the modular file under this name,
             or override what uses it. Two files of the model that import from each other are
             reported, too: the one that is imported first lacks what the other one needs."""),
    _warning("shadowed-import", "A definition replaces what inherited code imports",
             """A function or assignment of the modular file has a name that the parent's file
             imports. In the generated file, inherited code finds the definition and not the import.
             Give it another name, unless that is intended."""),
    _warning("unknown-export", "`__all__` names something that the file does not define",
             "Delete the entry, check its spelling, or define the class."),
    _warning("changed-argument", "An argument of `super()` is not what the inherited body uses",
             """`super().m(...)` is replaced by the parent's body, which uses the parent's
             parameters and not what is passed for them. Assign the value to a variable of the
             parameter's name before the call."""),
    _pedantic("dropped-argument", "`super()` and the parent differ in an optional argument",
              """The override passes its own optional parameter to `super().m(...)`, but the parent,
              whose body replaces the call, has no such parameter; or it does not pass its own
              parameter, whose default differs from the parent's. Use the parameter or pass it."""),
    _warning("unreachable-code", "Statements of an override follow a `return`",
             """`super().m(...)` is replaced by the parent's body. If that ends by returning or
             raising, what the override does after the call is never reached. After
             `return super().m(...)`, it would be, if the parent's body does not return. Delete the
             statements, or write the parent's body out."""),
    _warning("moved-assignment", "An assignment after `super()` reads what is not assigned yet",
             """An assignment after `super().m(...)` takes the place of the parent's assignment to
             the same target, and does not come after it. What it reads must be assigned above that
             place: use another target, or write the parent's body out."""),
    _warning("deletes-nothing", "A deletion names nearly what the parent has, or no method of it",
             """After `super()`, `del` leaves out the parent's assignment to the same target and
             does nothing else. A method that only raises leaves out the parent's method of that
             name; without one it is written as a new method. Check the spelling."""),
    _pedantic("redundant-deletion", "`del self.x` names nothing that the parent assigns",
              "The statement has no effect. Delete it."),
    _warning("deleted-attribute-used", "An attribute is deleted and still used",
             """The parent's assignment is left out, but a method of the class still reads the
             attribute. Override that method, or keep the attribute."""),
    _warning("package-parent", "A parent class is imported from a package",
             """The package of a model hands its classes on from several files, so that the class
             inherits from the parent at run time: the file does not stand alone. An error, except
             for classes that the package exports, in models of transformers itself. Import the
             class from the file that defines it, such as `..llama.modeling_llama`."""),
    _warning("lost-base", "A base of the parent class is replaced by an extra base",
             """An extra base whose name ends as that of a base of the parent takes its place. Name
             both bases."""),
    _warning("base-order", "A base named before the parent comes after the parent's own bases",
             """The bases of the generated class are those of the parent, then the extra ones.
             Methods of a base that was named first no longer override inherited ones."""),
    _warning("repeated-class", "A class or function is defined twice in the modular file",
             """Only the last definition is written, and of a class and a function with one name the
             class. Delete or rename one."""),
    _warning("inherited-kind", "An override is written as another kind of function",
             """Whether a method is `async`, and without decorators of its own whether it is a class
             or static method, is taken from the parent's method. Give a method of another kind
             another name."""),
    _warning("misfit-call", "Inherited code calls what does not take the call",
             """A definition of the modular file takes the place of one of the parent, and inherited
             code still calls it as the parent's: with arguments that it has no parameter for, in
             another order, or without one that it requires. Give it the parameters of the parent's,
             or override the code that calls it."""),
    _warning("lost-value", "An annotation without a value replaces an attribute that has one",
             """The statement of the modular class replaces that of the parent as a whole. Repeat
             the value."""),
    _pedantic("skipped-super", "A `super()` call reaches a base of the parent, not the parent",
              """As `lost-super`, in a class whose parent has other bases than modules of torch: the
              call reaches the method of one of these, if they have it. Write the parent's body out
              if that is not intended."""),
    _warning("unknown-ignore", "An ignore comment names no warning",
             "Write `# modular: ignore[code]` with codes of warnings, separated by commas."),
)  # fmt: skip

BY_NAME = {code.name: code for code in CODES}


def describe(code: Code) -> str:
    """The explanation of a code for a terminal."""
    import textwrap

    kind = "warning with --pedantic" if code.is_pedantic else code.severity
    lines = [f"{code.name} ({kind}): {code.summary}"]
    lines += textwrap.wrap(code.help, 92, initial_indent="    ", subsequent_indent="    ")
    return "\n".join(lines)
