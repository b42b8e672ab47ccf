//! The directory that a pipeline runs in: its lock, its copies, and changes to it that can be undone to the byte.

mod bounds;
mod change;
mod copy;
mod copy_error;
mod files;
mod git_dir;
mod links;
mod lock;
pub(super) mod os_path;
pub mod private;
mod relocate;
mod removal;
mod scope;
mod stamp;
mod state_dir;
mod tree_copy;
mod undo;

pub use change::{ContentHash, FileChange, FileState};
pub use copy::Scratch;
pub use copy_error::CopyError;
pub use lock::{DirectoryLock, LockError};
pub use relocate::Relocation;
pub use scope::Scope;
pub use stamp::TreeStamp;
pub use state_dir::StateDir;
pub use undo::{Recovery, Undo, UndoError};
