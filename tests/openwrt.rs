//! Does the OpenWrt package do on a router what OpenWrt's conventions ask?
//!
//! The scripts run in a root file system of busybox, with stand-ins (`openwrt/rootfs`) for what
//! OpenWrt brings along: no OpenWrt image is at hand, and Debian has no `uci`.

mod apk;
mod build;
mod configuration;
mod feed;
mod hotplug;
mod image;
mod init;
mod install;
mod migration;
mod package;
mod pages;
mod router;
