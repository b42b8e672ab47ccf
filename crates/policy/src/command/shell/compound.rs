//! Compound commands: which of their parts can run, and how often.

use brush_parser::ast::{
    BinaryPredicate, CaseClauseCommand, CompoundCommand, ExtendedTestExpr, ForClauseCommand, FunctionBody,
    IfClauseCommand, SeparatorOperator, UnaryPredicate, WhileOrUntilClauseCommand,
};
use std::rc::Rc;

use super::super::assessment::DestructionKind;
use super::super::bounds;
use super::super::findings::Judgement;
use super::super::text::Text;
use super::{Output, Shell, Status};

impl Shell {
    pub(in crate::command) fn compound(&mut self, command: &CompoundCommand, stdin: Option<&Text>) -> Output {
        match command {
            CompoundCommand::BraceGroup(group) => self.list(&group.list, stdin),
            CompoundCommand::Subshell(inner) => self.subshell(|shell| shell.list(&inner.list, stdin)),
            CompoundCommand::IfClause(clause) => self.if_clause(clause, stdin),
            CompoundCommand::WhileClause(clause) => self.loop_while(clause, Status::False, stdin),
            CompoundCommand::UntilClause(clause) => self.loop_while(clause, Status::True, stdin),
            CompoundCommand::ForClause(clause) => self.for_clause(clause, stdin),
            CompoundCommand::CaseClause(clause) => self.case(clause, stdin),
            CompoundCommand::Coprocess(coprocess) => {
                self.findings.doubt("a coprocess isn't followed to its end");
                self.command(&coprocess.body, stdin)
            }
            CompoundCommand::Arithmetic(arithmetic) => self.arithmetic_command(&arithmetic.expr.value, stdin),
            CompoundCommand::ArithmeticForClause(clause) => {
                for part in [&clause.initializer, &clause.condition, &clause.updater].into_iter().flatten() {
                    self.arithmetic(&part.value);
                }
                self.findings.doubt("a loop counts in a way that isn't followed");
                self.list(&clause.body.list, stdin)
            }
        }
    }

    /// `((a) )` is no arithmetic to bash but two subshells.
    fn arithmetic_command(&mut self, expression: &str, stdin: Option<&Text>) -> Output {
        self.arithmetic(expression);
        if !super::assign::is_balanced(expression) {
            self.subshell(|shell| shell.script(&format!("({expression})"), stdin));
        }
        Output::silent()
    }

    /// Defining a function runs nothing; a call of it does.
    pub(super) fn define(&mut self, name: &str, body: FunctionBody) {
        self.findings.doubt("a function changes what a word means");
        let name = self.one_word(name);
        // Bash calls it by itself, for any word that isn't a program.
        if name.text == "command_not_found_handle" {
            self.subshell(|shell| shell.compound(&body.0, None));
        }
        self.scope.doubtful_functions.remove(&name.text);
        self.scope.functions.insert(name.text, Rc::new(body));
    }

    fn if_clause(&mut self, clause: &IfClauseCommand, stdin: Option<&Text>) -> Output {
        let condition = self.list(&clause.condition, stdin);
        let mut output = Output { status: Status::True, ..condition.clone() };
        let certain = condition.status == Status::True;
        if condition.status == Status::False {
            self.findings.doubt("a part of it is skipped");
        } else {
            output = self.perhaps(certain, |shell| shell.branch(output, &clause.then, stdin));
        }
        if certain {
            if clause.elses.is_some() {
                self.findings.doubt("a part of it is skipped");
            }
            return output;
        }
        for part in clause.elses.iter().flatten() {
            let condition = part.condition.as_ref().map(|list| self.list(list, stdin).status);
            if condition != Some(Status::False) {
                output = self.perhaps(false, |shell| shell.branch(output, &part.body, stdin));
            }
            if condition.is_some_and(|status| status != Status::Unknown) {
                self.findings.doubt("a part of it is skipped");
            }
            if matches!(condition, None | Some(Status::True)) {
                break;
            }
        }
        Output { stdout: Text { exact: false, ..output.stdout }, status: Status::Unknown }
    }

    fn branch(&mut self, before: Output, list: &brush_parser::ast::CompoundList, stdin: Option<&Text>) -> Output {
        let next = self.list(list, stdin);
        before.then(next)
    }

    fn loop_while(&mut self, clause: &WhileOrUntilClauseCommand, ends: Status, stdin: Option<&Text>) -> Output {
        let condition = self.list(&clause.0, stdin);
        if condition.status == ends {
            self.findings.doubt("a part of it is skipped");
            return condition;
        }
        if condition.status != Status::Unknown {
            self.endless(clause);
        }
        let body = self.perhaps(false, |shell| {
            shell.list(&clause.1.list, stdin);
            // A second round sees what the first one set.
            shell.list(&clause.1.list, stdin)
        });
        Output { stdout: Text { exact: false, ..condition.then(body).stdout }, status: Status::Unknown }
    }

    /// A loop whose condition always holds; one that starts something in each round and doesn't wait takes the host down.
    fn endless(&mut self, clause: &WhileOrUntilClauseCommand) {
        self.findings.doubt("a loop isn't known to end");
        let starts = clause.1.list.0.iter().any(|item| matches!(item.1, SeparatorOperator::Async));
        if starts {
            let what = "starts processes without end, until the host stops answering";
            self.findings.add(Judgement::loss(DestructionKind::Host, what), &format!("while … {}", clause.1.list));
        }
    }

    fn for_clause(&mut self, clause: &ForClauseCommand, stdin: Option<&Text>) -> Output {
        let values = match &clause.values {
            Some(words) => words.iter().flat_map(|word| self.words(&word.value)).collect(),
            None => self.scope.positional.clone().unwrap_or_else(|| vec![Text::unknown("$@")]),
        };
        // A word that isn't known may become none, and the loop has no round.
        let certain = values.iter().all(|value| value.exact);
        let mut output = Output::status(Status::True);
        for value in values.iter().take(bounds::ROUNDS) {
            let next = self.round(clause, value.clone(), certain, stdin);
            output = output.then(next);
        }
        if values.len() > bounds::ROUNDS {
            self.findings.doubt("a loop has more rounds than are followed");
            let value = Text::unknown(format!("${}", clause.variable_name));
            self.round(clause, value, false, stdin);
        }
        Output { status: Status::Unknown, ..output }
    }

    fn round(&mut self, clause: &ForClauseCommand, value: Text, certain: bool, stdin: Option<&Text>) -> Output {
        self.set_variable(&clause.variable_name, vec![value], false);
        self.perhaps(certain, |shell| shell.list(&clause.body.list, stdin))
    }

    fn case(&mut self, clause: &CaseClauseCommand, stdin: Option<&Text>) -> Output {
        self.words(&clause.value.value);
        let mut output = Output::silent();
        for case in &clause.cases {
            for pattern in &case.patterns {
                self.words(&pattern.value);
            }
            if let Some(list) = &case.cmd {
                let next = self.perhaps(false, |shell| shell.list(list, stdin));
                output = output.then(next);
            }
        }
        Output { stdout: Text { exact: false, ..output.stdout }, status: Status::Unknown }
    }

    pub(super) fn extended_test(&mut self, expression: &ExtendedTestExpr) {
        match expression {
            ExtendedTestExpr::And(left, right) | ExtendedTestExpr::Or(left, right) => {
                self.extended_test(left);
                self.extended_test(right);
            }
            ExtendedTestExpr::Not(inner) | ExtendedTestExpr::Parenthesized(inner) => self.extended_test(inner),
            ExtendedTestExpr::UnaryTest(predicate, word) => {
                let value = self.one_word(&word.value);
                // `-v NAME[SUBSCRIPT]` evaluates the subscript.
                if matches!(predicate, UnaryPredicate::ShellVariableIsSetAndAssigned) {
                    self.name(&value);
                }
            }
            // `-eq` and its like evaluate both sides as arithmetic.
            ExtendedTestExpr::BinaryTest(predicate, left, right) => {
                for side in [left, right] {
                    let value = self.one_word(&side.value);
                    if is_arithmetic(predicate) {
                        self.arithmetic(&value.text);
                    }
                }
            }
        }
    }
}

fn is_arithmetic(predicate: &BinaryPredicate) -> bool {
    use BinaryPredicate as B;
    matches!(
        predicate,
        B::ArithmeticEqualTo
            | B::ArithmeticNotEqualTo
            | B::ArithmeticLessThan
            | B::ArithmeticLessThanOrEqualTo
            | B::ArithmeticGreaterThan
            | B::ArithmeticGreaterThanOrEqualTo
    )
}
