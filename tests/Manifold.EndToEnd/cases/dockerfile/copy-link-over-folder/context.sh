mkdir folder; ln -s /real folder/x
