//! The directory that a pipeline runs in: its lock, its copies, and changes to it that can be undone to the byte.

mod change;
mod copy;
mod files;
mod lock;
mod relocate;
mod stamp;
mod state_dir;
mod undo;

pub use change::{ContentHash, FileChange, FileState};
pub use copy::{CopyError, Scope, Scratch};
pub use lock::{DirectoryLock, LockError};
pub use relocate::Relocation;
pub use stamp::TreeStamp;
pub use state_dir::StateDir;
pub use undo::{Recovery, Undo, UndoError};
