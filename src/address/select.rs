//! Which of the kernel's addresses is the WAN address.
