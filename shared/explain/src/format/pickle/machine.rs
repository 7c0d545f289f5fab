//! The machine: a stack of values, marks in it, and a memory. It takes the steps of a pickle and does nothing else.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::error::NoModel;
use crate::format::pickle::steps::{Opcode, Steps};
use crate::format::pickle::value::{Place, Value};

/// The most steps of a pickle. Each makes one value at most. A booster has a hundred.
const MOST_STEPS: usize = 1_000_000;

#[derive(Debug)]
pub(super) struct Machine<'a> {
    values: Vec<Value<'a>>,
    /// For each dictionary, and for the state of each object: its place, a key, and the value.
    items: Vec<[Place; 3]>,
    stack: Vec<Place>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memory: HashMap<u64, Place>,
    steps: Steps<'a>,
}

impl<'a> Machine<'a> {
    /// Takes all steps.
    pub(super) fn run(bytes: &'a [u8]) -> Result<Self, NoModel> {
        let steps = Steps { bytes, at: 0 };
        let mut machine = Self {
            values: Vec::new(),
            items: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memory: HashMap::new(),
            steps,
        };
        for _ in 0..MOST_STEPS {
            match machine.steps.next()? {
                Opcode::Stop => return Ok(machine),
                step => machine.take(step)?,
            }
        }
        machine.steps.fault(format!("it has more than {MOST_STEPS} steps"))
    }

    pub(super) fn value(&self, place: Place) -> Option<&Value<'a>> {
        self.values.get(place)
    }

    pub(super) fn items(&self) -> impl Iterator<Item = (Place, Place, Place)> {
        self.items.iter().map(|[dict, key, value]| (*dict, *key, *value))
    }

    /// A text, or bytes that Python 2 takes for one.
    pub(super) fn text(&self, place: Place) -> Option<&str> {
        match self.value(place)? {
            Value::Text(text) => Some(text),
            Value::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// Bytes, as they are in the pickle or as a call makes them: `bytearray`, `bytes` or `codecs.encode`, from bytes or from a text in
    /// Latin-1.
    pub(super) fn bytes(&self, place: Place) -> Option<Cow<'_, [u8]>> {
        let mut place = place;
        // `bytearray(codecs.encode(text))` is the longest way.
        for _ in 0..3 {
            match self.value(place)? {
                Value::Bytes(bytes) => return Some(Cow::Borrowed(bytes)),
                Value::Text(text) => {
                    let bytes = text.chars().map(|char| u8::try_from(char).ok());
                    return bytes.collect::<Option<_>>().map(Cow::Owned);
                }
                Value::Made { arguments, name: Some(b"bytearray" | b"bytes" | b"encode") } => {
                    let Value::Tuple(arguments) = self.value(*arguments)? else { return None };
                    place = *arguments.first()?;
                }
                _ => return None,
            }
        }
        None
    }

    fn take(&mut self, step: Opcode<'a>) -> Result<(), NoModel> {
        match step {
            Opcode::Bytes(bytes) => self.push(Value::Bytes(bytes)),
            Opcode::Text(text) => self.push(Value::Text(text)),
            Opcode::Other => self.push(Value::Other),
            Opcode::EmptyList => self.push(Value::List(Vec::new())),
            Opcode::EmptyTuple => self.push(Value::Tuple(Vec::new())),
            Opcode::EmptyDict => self.push(Value::Dict),
            Opcode::Name(name) => self.push(Value::Name(name)),
            Opcode::NameOfStack => {
                let names = self.pop_many(2)?;
                let name = names.last().and_then(|place| self.value(*place));
                self.push(match name {
                    Some(Value::Text(Cow::Borrowed(name))) => Value::Name(name.as_bytes()),
                    _ => Value::Other,
                });
            }
            Opcode::Tuple(count) => {
                let entries = self.pop_many(count)?;
                self.push(Value::Tuple(entries));
            }
            Opcode::TupleSinceMark => {
                let entries = self.since_mark()?;
                self.push(Value::Tuple(entries));
            }
            Opcode::ListSinceMark => {
                let entries = self.since_mark()?;
                self.push(Value::List(entries));
            }
            Opcode::DictSinceMark => {
                let entries = self.since_mark()?;
                self.push(Value::Dict);
                self.set_items(&entries)?;
            }
            Opcode::Append => {
                let entries = self.pop_many(1)?;
                self.append(entries)?;
            }
            Opcode::AppendsSinceMark => {
                let entries = self.since_mark()?;
                self.append(entries)?;
            }
            Opcode::SetItem => {
                let entries = self.pop_many(2)?;
                self.set_items(&entries)?;
            }
            Opcode::SetItemsSinceMark => {
                let entries = self.since_mark()?;
                self.set_items(&entries)?;
            }
            step => self.take_rare(step)?,
        }
        Ok(())
    }

    /// Steps that make objects, and steps that move values.
    fn take_rare(&mut self, step: Opcode<'a>) -> Result<(), NoModel> {
        match step {
            Opcode::Mark => self.marks.push(self.stack.len()),
            Opcode::Pop => drop(self.pop_many(1)?),
            Opcode::PopMark | Opcode::AddSinceMark => drop(self.since_mark()?),
            Opcode::Duplicate => self.stack.push(self.top()?),
            Opcode::OtherSinceMark | Opcode::CallSinceMark => {
                self.since_mark()?;
                self.push(Value::Other);
            }
            Opcode::Call => self.call(2)?,
            Opcode::CallWithNamedArguments => self.call(3)?,
            Opcode::Build => drop(self.pop_many(1)?),
            Opcode::Put(number) => drop(self.memory.insert(number, self.top()?)),
            Opcode::Memoize => drop(self.memory.insert(self.memory.len() as u64, self.top()?)),
            Opcode::Get(number) => match self.memory.get(&number) {
                Some(place) => self.stack.push(*place),
                None => return self.steps.fault(format!("nothing was kept under {number}")),
            },
            Opcode::Replace => {
                self.pop_many(1)?;
                self.push(Value::Other);
            }
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, value: Value<'a>) {
        self.stack.push(self.values.len());
        self.values.push(value);
    }

    fn top(&self) -> Result<Place, NoModel> {
        self.stack.last().copied().map_or_else(|| self.steps.fault("the stack is empty"), Ok)
    }

    /// The last values, which must stand after the last mark.
    fn pop_many(&mut self, count: usize) -> Result<Vec<Place>, NoModel> {
        let floor = self.marks.last().copied().unwrap_or_default();
        let from = self.stack.len().checked_sub(count).filter(|from| *from >= floor);
        let Some(from) = from else { return self.steps.fault("the stack has too few values") };
        Ok(self.stack.split_off(from))
    }

    fn since_mark(&mut self) -> Result<Vec<Place>, NoModel> {
        let mark = self.marks.pop().filter(|mark| *mark <= self.stack.len());
        let Some(mark) = mark else { return self.steps.fault("there is no mark") };
        Ok(self.stack.split_off(mark))
    }

    fn append(&mut self, entries: Vec<Place>) -> Result<(), NoModel> {
        let list = self.top()?;
        // Lists that a class makes are not looked at.
        if let Some(Value::List(list)) = self.values.get_mut(list) {
            list.extend(entries);
        }
        Ok(())
    }

    fn set_items(&mut self, entries: &[Place]) -> Result<(), NoModel> {
        let dict = self.top()?;
        let (pairs, rest) = entries.as_chunks::<2>();
        if !rest.is_empty() {
            return self.steps.fault("a dictionary has a key without a value");
        }
        self.items.extend(pairs.iter().map(|[key, value]| [dict, *key, *value]));
        Ok(())
    }

    /// The result of a call to a class or a function.
    fn call(&mut self, taken: usize) -> Result<(), NoModel> {
        let taken = self.pop_many(taken)?;
        let (Some(called), Some(arguments)) = (taken.first(), taken.get(1)) else { return Ok(()) };
        let name = match self.value(*called) {
            Some(Value::Name(name)) => Some(*name),
            _ => None,
        };
        self.push(Value::Made { arguments: *arguments, name });
        Ok(())
    }
}
